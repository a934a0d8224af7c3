/**
 * Which columns a new users table has, for every adapter that makes one.
 */

/** Which columns `authUserColumns()` makes. */
export interface AuthUserColumnOptions {
  /** The fields that log in, each a unique column. Default `['email', 'username']`. */
  identifiers?: readonly string[]
  /**
   * The field that recovers the account, or `null`. Default `email`, which is a column even when
   * it does not log in; another field adds its `…Verified` flag.
   */
  recovery?: string | null
  /** Whether to have the columns for signing in with Google and GitHub. Default `true`. */
  oauth?: boolean
}

export type Identifiers<O> = O extends { identifiers: readonly (infer Name extends string)[] }
  ? Name
  : 'email' | 'username'

export type Recovery<O> = O extends { recovery: infer Field } ? Field : 'email'

/** `hashedKey` is `hashed_key`. */
export type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : ''

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
