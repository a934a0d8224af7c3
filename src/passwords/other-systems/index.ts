/**
 * What `crudauth/hashes` exports: verifiers for the password hashes that other systems left behind.
 *
 * ```ts
 * import { django } from 'crudauth/hashes'
 *
 * crudAuth({ passwords: { adopt: [django({ iterations: 600_000 })] }, … })
 * ```
 *
 * Rows keep the text that the other system wrote, until their owner's next login replaces it.
 * Nothing here writes a hash. Every factory makes an {@link AdoptedFormat}; its options tell what
 * most rows were written with, which is what an attempt on an absent account costs. Rows of any
 * cost are verified, up to a ceiling of a few seconds of a core and 256 MiB; a hash beyond, or one
 * that is spelled in another way than its origin spells it, is no hash.
 *
 * Passwords are hashed as UTF-8 as they were typed, with no Unicode normalisation, as most of these
 * systems do. What WordPress, Drupal and phpBB do besides, and that Better Auth and Lucia have
 * NFKC, is told at each. A password that is no text (a lone surrogate) never verifies.
 *
 * Where a system has hash and salt in several columns, its format defines one text for them, which
 * `compose` makes of the columns: {@link gitea}, {@link keycloak}, {@link payload}.
 *
 * A text is recognised by one of them only, but for plain bcrypt, argon2, `$P$` and `$H$`, and the
 * pair of salt and key that Better Auth and Oslo write.
 */

export type { AdoptedFormat } from '../adopted-format.ts'
export { type Argon2HashOptions, argon2 } from './argon2.ts'
export { type AspNetIdentityOptions, aspNetIdentity } from './aspnet.ts'
export { type BcryptOptions, bcrypt } from './bcrypt.ts'
export { betterAuth } from './better-auth.ts'
export { type DjangoOptions, django } from './django.ts'
export { type DrupalOptions, drupal } from './drupal.ts'
export { type FirebaseScryptOptions, firebaseScrypt } from './firebase.ts'
export { type GiteaColumns, type GiteaFormat, type GiteaOptions, gitea } from './gitea.ts'
export {
  type KeycloakColumns,
  type KeycloakFormat,
  type KeycloakOptions,
  keycloak,
} from './keycloak.ts'
export { type LaravelOptions, laravel } from './laravel.ts'
export { type LuciaOptions, lucia } from './lucia.ts'
export { type MagentoOptions, magento } from './magento.ts'
export { type PasslibOptions, passlib } from './passlib.ts'
export { type PayloadColumns, type PayloadFormat, type PayloadOptions, payload } from './payload.ts'
export { type PhpbbOptions, phpbb } from './phpbb.ts'
export { type SupabaseOptions, supabase } from './supabase.ts'
export { type SuperTokensOptions, superTokens } from './supertokens.ts'
export { type WerkzeugOptions, werkzeug } from './werkzeug.ts'
export { type WordpressOptions, wordpress } from './wordpress.ts'
