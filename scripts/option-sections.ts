/**
 * Every declaration of options, and where the sentences about its options are: for the reference,
 * and for a test that misuses each of them.
 */
import { configuration } from '../src/config/settings.ts'
import { drizzleStorageOptions } from '../src/databases/drizzle/storage.ts'
import { kyselyStorageOptions } from '../src/databases/kysely/storage.ts'
import { emailOptions } from '../src/delivery/email.ts'
import { apiKeyOptions } from '../src/features/api-keys/api-keys.ts'
import { bearerOptions } from '../src/features/bearer/bearer.ts'
import { oauthOptions } from '../src/features/oauth/options.ts'
import { pageOptions } from '../src/features/oauth/page-words.ts'
import { recoveryLimits, recoveryOptions, recoveryPaths } from '../src/features/recovery/options.ts'
import { phoneOptions } from '../src/features/recovery/phones.ts'
import { sessionOptions } from '../src/features/session/session.ts'
import { sudoOptions } from '../src/features/sudo/sudo.ts'
import { honoAuthOptions } from '../src/frameworks/hono-options.ts'
import { hookOptions } from '../src/hooks.ts'
import { trustedProxiesOptions } from '../src/http/client-address.ts'
import { cookieOptions } from '../src/http/cookies.ts'
import { lockoutOptions } from '../src/limits/lockout-settings.ts'
import { rateLimitOptions } from '../src/limits/rate-limits.ts'
import { argon2Options } from '../src/passwords/argon2id.ts'
import { breachedPasswordOptions } from '../src/passwords/breached.ts'
import { passwordOptions } from '../src/passwords/options.ts'
import { argon2HashOptions } from '../src/passwords/other-systems/argon2.ts'
import { aspNetIdentityOptions } from '../src/passwords/other-systems/aspnet.ts'
import { bcryptOptions } from '../src/passwords/other-systems/bcrypt.ts'
import { djangoOptions } from '../src/passwords/other-systems/django.ts'
import { drupalOptions } from '../src/passwords/other-systems/drupal.ts'
import { firebaseScryptOptions } from '../src/passwords/other-systems/firebase.ts'
import { giteaOptions } from '../src/passwords/other-systems/gitea.ts'
import { keycloakOptions } from '../src/passwords/other-systems/keycloak.ts'
import { laravelOptions } from '../src/passwords/other-systems/laravel.ts'
import { luciaOptions } from '../src/passwords/other-systems/lucia.ts'
import { magentoOptions } from '../src/passwords/other-systems/magento.ts'
import { passlibOptions } from '../src/passwords/other-systems/passlib.ts'
import { payloadOptions } from '../src/passwords/other-systems/payload.ts'
import { phpbbOptions } from '../src/passwords/other-systems/phpbb.ts'
import { supabaseOptions } from '../src/passwords/other-systems/supabase.ts'
import { superTokensOptions } from '../src/passwords/other-systems/supertokens.ts'
import { werkzeugOptions } from '../src/passwords/other-systems/werkzeug.ts'
import { wordpressOptions } from '../src/passwords/other-systems/wordpress.ts'
import { passwordPolicyOptions } from '../src/passwords/policy.ts'
import { memoryStorageOptions } from '../src/storage/memory.ts'
import { redisStorageOptions } from '../src/storage/redis/storage.ts'
import { identityOptions } from '../src/users/identity.ts'
import { registrationOptions } from '../src/users/registration.ts'

export interface Section {
  readonly options: object
  /** Where the sentences are: a file and a type in it. */
  readonly from: readonly [file: string, name: string]
  /** The type that it extends, where that is in another file. */
  readonly base?: readonly [file: string, name: string]
  /** The function that takes them, where another has this name already. */
  readonly called?: string
}

export const sections: Readonly<Record<string, Section>> = {
  crudAuth: { options: configuration.options, from: ['config/options.ts', 'AuthConfig'] },
  identity: { options: identityOptions.options, from: ['users/identity.ts', 'IdentityOptions'] },
  registration: {
    options: registrationOptions.options,
    from: ['users/registration.ts', 'RegistrationOptions'],
  },
  cookies: { options: cookieOptions.options, from: ['http/cookies.ts', 'CookieOptions'] },
  trustedProxies: {
    options: trustedProxiesOptions.options,
    from: ['http/client-address.ts', 'TrustedProxies'],
  },
  rateLimits: { options: rateLimitOptions.options, from: ['limits/rate-limits.ts', 'RateLimit'] },
  hooks: { options: hookOptions.options, from: ['hooks.ts', 'Hooks'] },
  session: {
    options: sessionOptions.options,
    from: ['features/session/session.ts', 'SessionTransportOptions'],
  },
  bearer: {
    options: bearerOptions.options,
    from: ['features/bearer/bearer.ts', 'BearerTransportOptions'],
  },
  apiKeys: {
    options: apiKeyOptions.options,
    from: ['features/api-keys/api-keys.ts', 'ApiKeyTransportOptions'],
  },
  passwords: {
    options: passwordOptions.options,
    from: ['passwords/options.ts', 'PasswordOptions'],
  },
  argon2: { options: argon2Options.options, from: ['passwords/argon2id.ts', 'Argon2Options'] },
  policy: {
    options: passwordPolicyOptions.options,
    from: ['passwords/policy.ts', 'PasswordPolicyOptions'],
  },
  breachedPasswords: {
    options: breachedPasswordOptions.options,
    from: ['passwords/breached.ts', 'BreachedPasswordOptions'],
  },
  lockout: {
    options: lockoutOptions.options,
    from: ['limits/lockout-settings.ts', 'LockoutOptions'],
  },
  sudo: { options: sudoOptions.options, from: ['features/sudo/sudo.ts', 'SudoOptions'] },
  recovery: {
    options: recoveryOptions.options,
    from: ['features/recovery/options.ts', 'RecoveryOptions'],
  },
  paths: {
    options: recoveryPaths.options,
    from: ['features/recovery/options.ts', 'RecoveryPaths'],
  },
  limits: {
    options: recoveryLimits.options,
    from: ['features/recovery/options.ts', 'RecoveryLimits'],
  },
  phones: {
    options: phoneOptions.options,
    from: ['features/recovery/phones.ts', 'PhoneOptions'],
  },
  oauth: {
    options: oauthOptions.options,
    from: ['features/oauth/options.ts', 'OAuthOptions'],
  },
  pages: {
    options: pageOptions.options,
    from: ['features/oauth/page-words.ts', 'OAuthPageOptions'],
  },
  email: { options: emailOptions.options, from: ['delivery/email.ts', 'EmailOptions'] },
  argon2Hashes: {
    called: 'argon2',
    options: argon2HashOptions.options,
    from: ['passwords/other-systems/argon2.ts', 'Argon2HashOptions'],
  },
  bcrypt: {
    options: bcryptOptions.options,
    from: ['passwords/other-systems/bcrypt.ts', 'BcryptOptions'],
  },
  django: {
    options: djangoOptions.options,
    from: ['passwords/other-systems/django.ts', 'DjangoOptions'],
  },
  firebaseScrypt: {
    options: firebaseScryptOptions.options,
    from: ['passwords/other-systems/firebase.ts', 'FirebaseScryptOptions'],
  },
  laravel: {
    options: laravelOptions.options,
    from: ['passwords/other-systems/laravel.ts', 'LaravelOptions'],
  },
  passlib: {
    options: passlibOptions.options,
    from: ['passwords/other-systems/passlib.ts', 'PasslibOptions'],
  },
  werkzeug: {
    options: werkzeugOptions.options,
    from: ['passwords/other-systems/werkzeug.ts', 'WerkzeugOptions'],
  },
  wordpress: {
    options: wordpressOptions.options,
    from: ['passwords/other-systems/wordpress.ts', 'WordpressOptions'],
  },
  aspNetIdentity: {
    options: aspNetIdentityOptions.options,
    from: ['passwords/other-systems/aspnet.ts', 'AspNetIdentityOptions'],
  },
  drupal: {
    options: drupalOptions.options,
    from: ['passwords/other-systems/drupal.ts', 'DrupalOptions'],
  },
  gitea: {
    options: giteaOptions.options,
    from: ['passwords/other-systems/gitea.ts', 'GiteaOptions'],
  },
  keycloak: {
    options: keycloakOptions.options,
    from: ['passwords/other-systems/keycloak.ts', 'KeycloakOptions'],
  },
  lucia: {
    options: luciaOptions.options,
    from: ['passwords/other-systems/lucia.ts', 'LuciaOptions'],
  },
  magento: {
    options: magentoOptions.options,
    from: ['passwords/other-systems/magento.ts', 'MagentoOptions'],
  },
  payload: {
    options: payloadOptions.options,
    from: ['passwords/other-systems/payload.ts', 'PayloadOptions'],
  },
  phpbb: {
    options: phpbbOptions.options,
    from: ['passwords/other-systems/phpbb.ts', 'PhpbbOptions'],
  },
  supabase: {
    options: supabaseOptions.options,
    from: ['passwords/other-systems/supabase.ts', 'SupabaseOptions'],
  },
  superTokens: {
    options: superTokensOptions.options,
    from: ['passwords/other-systems/supertokens.ts', 'SuperTokensOptions'],
  },
  honoAuth: {
    options: honoAuthOptions.options,
    from: ['frameworks/hono-options.ts', 'HonoAuthOptions'],
  },
  memoryStorage: {
    options: memoryStorageOptions.options,
    from: ['storage/memory.ts', 'MemoryStorageOptions'],
  },
  redisStorage: {
    options: redisStorageOptions.options,
    from: ['storage/redis/storage.ts', 'RedisStorageOptions'],
  },
  drizzleStorage: {
    options: drizzleStorageOptions.options,
    from: ['databases/drizzle/storage.ts', 'DrizzleStorageOptions'],
    base: ['storage/sql/storage.ts', 'SqlStorageOptions'],
  },
  kyselyStorage: {
    options: kyselyStorageOptions.options,
    from: ['databases/kysely/storage.ts', 'KyselyStorageOptions'],
    base: ['storage/sql/storage.ts', 'SqlStorageOptions'],
  },
}
