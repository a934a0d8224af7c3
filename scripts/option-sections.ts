/**
 * Every declaration of options, and where the sentences about its options are: for the reference,
 * and for a test that misuses each of them.
 */
import { configuration } from '../src/config/settings.ts'
import { apiKeyOptions } from '../src/features/api-keys/api-keys.ts'
import { bearerOptions } from '../src/features/bearer/bearer.ts'
import { sessionOptions } from '../src/features/session/session.ts'
import { sudoOptions } from '../src/features/sudo/sudo.ts'
import { hookOptions } from '../src/hooks.ts'
import { trustedProxiesOptions } from '../src/http/client-address.ts'
import { cookieOptions } from '../src/http/cookies.ts'
import { lockoutOptions } from '../src/limits/lockout-settings.ts'
import { rateLimitOptions } from '../src/limits/rate-limits.ts'
import { argon2Options } from '../src/passwords/argon2id.ts'
import { breachedPasswordOptions } from '../src/passwords/breached.ts'
import { passwordOptions } from '../src/passwords/options.ts'
import { passwordPolicyOptions } from '../src/passwords/policy.ts'
import { identityOptions } from '../src/users/identity.ts'
import { registrationOptions } from '../src/users/registration.ts'

export interface Section {
  readonly options: object
  /** Where the sentences are: a file and an interface in it. */
  readonly from: readonly [file: string, name: string]
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
}
