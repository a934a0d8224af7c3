/**
 * The port over short-lived shared state: sessions, counters, one-time records, rate limits.
 *
 * Every operation touches exactly one key and is atomic on it (those about many keys, on each), so
 * that an adapter works on a sharded store (Redis Cluster) and on any number of processes. Values
 * are text; what is in them is the caller's business. Lifetimes are whole or fractional seconds,
 * always positive; an entry whose lifetime has passed behaves in every operation as if it had never
 * been written.
 *
 * An operation that cannot reach its backend rejects. It never guesses: which caller then fails
 * open and which fails closed is decided, and written down, at the caller.
 */
export interface Storage {
  /** What the adapter is, for descriptions and warnings: `memory`, `redis`, `sql`. */
  readonly name: string

  /** Whether several processes that use the same backend see the same state. */
  readonly shared: boolean

  /**
   * Within how many milliseconds every operation ends by itself, with an answer or a rejection:
   * also one about many keys that takes several steps. Left out, somebody else has to see to it.
   */
  readonly timeoutMs?: number

  /** What it lacks, one sentence each with what to write: told at the start. Default none. */
  readonly warnings?: readonly string[]

  /** The live value under `key`, or `null`. */
  get(key: string): Promise<string | null>

  /** Writes `value` whether or not the key exists, and arms its lifetime anew. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>

  /** Writes only if the key is absent. Of many concurrent callers exactly one gets `true`. */
  add(key: string, value: string, ttlSeconds: number): Promise<boolean>

  /**
   * Writes only if the key is present, and, where `expected` is given, only if it still holds
   * exactly that value (compare and swap). A record that was deleted in the meantime stays
   * deleted: the late writer gets `false`.
   */
  replace(key: string, value: string, ttlSeconds: number, expected?: string): Promise<boolean>

  /** Reads and deletes in one step. Of many concurrent callers exactly one gets the value. */
  take(key: string): Promise<string | null>

  /**
   * Deletes a value or a counter. `true` when a live one was there; of many concurrent callers
   * exactly one gets it.
   */
  delete(key: string): Promise<boolean>

  /**
   * Adds `by` (default 1) to the counter under `key` and returns the new count.
   *
   * The lifetime is armed in the same step: by the call that creates the counter (`slide: false`,
   * the default), or by every call (`slide: true`). A negative `by` never creates a counter,
   * never moves its lifetime and never goes below zero; a counter that comes to zero is gone.
   */
  increment(key: string, ttlSeconds: number, options?: IncrementOptions): Promise<number>

  /** The live count under `key`, 0 when there is none. */
  count(key: string): Promise<number>

  /**
   * Spends one unit of a sliding budget of `limit` units per `periodSeconds`, by the generic cell
   * rate algorithm: a full budget may be spent at once, and refills evenly, one unit every
   * `periodSeconds / limit`. A refused call spends nothing. `limit` is a positive integer.
   */
  spend(key: string, limit: number, periodSeconds: number): Promise<Spending>

  /**
   * Gives one unit of that budget back, for what was spent on something that did not happen. A full
   * budget stays as it is.
   */
  giveBack(key: string, limit: number, periodSeconds: number): Promise<void>

  /**
   * Puts `member` into the index under `owner` as its newest member, with a lifetime of its own,
   * and drops members whose lifetime has passed. With `limit`, the oldest members beyond it are
   * removed in the same step and returned, oldest first: each evicted member is returned to
   * exactly one caller, and no interleaving leaves more than `limit` members.
   */
  indexAdd(owner: string, member: string, ttlSeconds: number, limit?: number): Promise<string[]>

  /**
   * As `indexAdd`, but only for a member that is still there; otherwise changes nothing, `false`.
   */
  indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean>

  /** Removes one member. Removing one that is absent is not an error. */
  indexRemove(owner: string, member: string): Promise<void>

  /** The live members of the index, oldest (least recently added or renewed) first. */
  indexMembers(owner: string): Promise<string[]>

  /**
   * Of `indexMembers` those beyond the `limit` newest ones: usually none, so that it costs little
   * however many members there are. Left out, all of them are read.
   */
  indexBeyond?(owner: string, limit: number): Promise<string[]>

  /**
   * As `get` of each, in their order. Of this and the next two: each key is atomic by itself and
   * may live anywhere, all of them together are not. Left out where fewer steps gain nothing.
   */
  getMany?(keys: readonly string[]): Promise<(string | null)[]>

  /** As `delete` of each; how many live ones were there. */
  deleteMany?(keys: readonly string[]): Promise<number>

  /** As `indexRemove` of each; the live members that are left, oldest first. */
  indexRemoveMany?(owner: string, members: readonly string[]): Promise<string[]>

  /** Connects, where there is something to connect. Idempotent. */
  init?(): Promise<void>

  /** Releases what the adapter opened itself, never a client that it was given. Idempotent. */
  close?(): Promise<void>
}

/** How `Storage.increment` counts. */
export interface IncrementOptions {
  /** The step. An integer; may be negative. Default 1. */
  by?: number
  /** Arm the lifetime on every call instead of only on the one that creates the counter. */
  slide?: boolean
}

/** What `Storage.spend` answers. */
export interface Spending {
  /** Whether the unit was granted. */
  readonly allowed: boolean
  /** Whole units left at this moment; 0 when refused. */
  readonly remaining: number
  /** Seconds until the next unit is granted, rounded up; 0 when this one was. */
  readonly retryAfterSeconds: number
}
