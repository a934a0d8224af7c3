/**
 * A guess at a password, and what becomes of it: the lockout's side of `password-check.ts`.
 */
import type { AuthError } from '../errors.ts'
import type { UserId } from '../events.ts'

/** A guess at a password. Texts are already canonical. */
export interface Guess {
  /** The account's id in its own type, or `null` when nobody has that identifier. For events. */
  readonly userId: UserId | null
  /** The account's id as text; `null` when nobody has that identifier. */
  readonly account: string | null
  /** A digest of what was typed: the same for all spellings that would find the same account. */
  readonly typed: string
  /** The client's network and its site, or `null` when its address is unknown. */
  readonly network: string | null
  readonly site: string | null
  /** Names the known device; `null` for a browser that has not logged in to this account. */
  readonly device: string | null
  /**
   * Whatever would make the same password right another time: the stored hash, the flag, and what
   * passwords are verified with.
   */
  readonly against: string
  readonly password: string
  /** Whether recovery can reach the account's owner. */
  readonly isReachable: boolean
}

/** One attempt that was let through; it ends in exactly one of the three. */
export interface CountedAttempt {
  /** The same network tried this very password here today: it is wrong, and not counted again. */
  readonly isRepeat: boolean
  /** The work is to be done, but the answer is a refusal whatever comes out. */
  readonly isDecoy: boolean
  /** It has a lane of its own, and goes before strangers where many wait for a hash. */
  readonly isKnown: boolean
  /** Runs the work of looking at it: at once, or so that how long it took cannot be seen. */
  evenly<Value>(work: () => Promise<Value>): Promise<Value>
  /**
   * It was wrong. Returns what to answer where that is not to be seen; else `null`.
   *
   * @param mayBeRight Whether the same password may be right another time.
   */
  failed(mayBeRight?: boolean): Promise<AuthError | null>
  succeeded(): Promise<void>
  /** No password was looked at after all: gives the attempt back. */
  withdrawn(): Promise<void>
}

const nothing = async (): Promise<void> => undefined

/** An attempt about which nothing has to be written. */
const uncountedParts: CountedAttempt = {
  isRepeat: false,
  isDecoy: false,
  isKnown: false,
  evenly: (work) => work(),
  failed: async () => null,
  succeeded: nothing,
  withdrawn: nothing,
}

/** An attempt, of which the parts say what is special. */
export function counted(parts: Partial<CountedAttempt>): CountedAttempt {
  return { ...uncountedParts, ...parts }
}

/** Of observe mode: beyond the limits, and let through. */
export const uncounted: CountedAttempt = uncountedParts

export const repeated: CountedAttempt = counted({ isRepeat: true })
