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
 * Passwords are hashed as UTF-8 as they were typed, with no Unicode normalisation: none of these
 * systems has any. What WordPress does besides is told at {@link wordpress}. A password that is no
 * text (a lone surrogate) never verifies.
 *
 * A text is recognised by one of them only, but for plain bcrypt (`bcrypt`, `laravel`, `wordpress`)
 * and argon2 (`argon2`, `laravel`).
 */

export type { AdoptedFormat } from '../adopted-format.ts'
export { type Argon2HashOptions, argon2 } from './argon2.ts'
export { type AspNetIdentityOptions, aspNetIdentity } from './aspnet.ts'
export { type BcryptOptions, bcrypt } from './bcrypt.ts'
export { type DjangoOptions, django } from './django.ts'
export { type FirebaseScryptOptions, firebaseScrypt } from './firebase.ts'
export { type LaravelOptions, laravel } from './laravel.ts'
export { type PasslibOptions, passlib } from './passlib.ts'
export { type WerkzeugOptions, werkzeug } from './werkzeug.ts'
export { type WordpressOptions, wordpress } from './wordpress.ts'
