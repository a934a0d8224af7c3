/**
 * What proves who somebody is. Every proof leads to the one sign-in, and to nothing else.
 *
 * A right password is a success for the lockout, whether or not a further proof follows: the
 * lockout limits guesses at the password, and who knows it has none left to make. So a feature
 * counts the guesses at its own proof, by account and not by sign-in: with the password, anybody
 * begins another.
 */
import type { Exchange } from '../http/exchange.ts'
import { isObject, isText } from '../storage/records.ts'
import type { UserScope } from '../users/store.ts'

/**
 * `application` is the application's own word, which may rest on a password alone: somebody whom
 * `authenticatePassword` found, and for whom it then makes a session.
 */
export type ProofMethod = 'password' | 'application' | 'link' | 'code' | 'provider' | 'passkey'

export interface Proof {
  readonly method: ProofMethod
  /**
   * The account's row as it was read for the proof: its epoch must still hold when a credential
   * exists.
   */
  readonly row: object
  /** When it was proven, in milliseconds; `null` where the application does not say. */
  readonly provenAt: number | null
  /** Default none. */
  readonly carries?: Carried | undefined
}

/**
 * What a feature keeps for an account once its owner is in, however long the sign-in waits for a
 * further proof. A sign-in that is never finished takes it along.
 */
export interface Carried {
  /** The name of the feature. */
  readonly feature: string
  /** The feature's own business, encrypted where it is secret: a sign-in that waits stores it. */
  readonly content: string
}

/** What a stored one has to be, to be one. */
export function isCarried(value: unknown): boolean {
  return isObject(value) && isText(value['feature']) && isText(value['content'])
}

/** Given what a sign-in carried, before anybody has the credential. What it throws refuses it. */
export type Deliver = (scope: UserScope, row: object, content: string) => Promise<void>

/** A feature's second factor: asked of every proof, on every path. */
export interface FurtherProof {
  /** Tells clients which proof is wanted: `totp`, `passkey`. */
  readonly name: string
  /**
   * Whether this account wants it after that proof. Only `false` lets in; what it throws refuses
   * the sign-in.
   */
  isWanted(proof: Proof, exchange: Exchange | null): boolean | Promise<boolean>
}
