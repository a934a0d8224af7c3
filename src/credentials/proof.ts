/**
 * What proves who somebody is. Every proof leads to the one sign-in, and to nothing else.
 */
import type { Exchange } from '../http/exchange.ts'

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
}

/** A feature's second factor: asked of every proof, on every path. */
export interface FurtherProof {
  /** Tells clients which proof is wanted: `totp`, `passkey`. */
  readonly name: string
  /** Whether this account wants it after that proof. What it throws refuses the sign-in. */
  isWanted(proof: Proof, exchange: Exchange | null): boolean | Promise<boolean>
}
