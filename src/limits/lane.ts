/**
 * A lane: those whose guesses at one account are counted together, and their log in the storage.
 *
 * An attempt is reserved before its password is looked at, so that a hundred at once get no more
 * than five in a row. It stays in the log unless it turns out to be right, so that nothing has to
 * be written for a guess to count: a process that dies in between has let nobody guess for free.
 */
import type { Storage } from '../storage/storage.ts'
import { type Swap, swap } from '../storage/swap.ts'
import {
  type Attempt,
  asOf,
  forgiven,
  formatLog,
  isFailed,
  type LoggedAttempt,
  parseLog,
  settled,
  withAttempt,
} from './attempt-log.ts'
import { judge, type LaneRules, mayLookUnseen, type Verdict } from './judgement.ts'

export interface Lane {
  readonly key: string
  readonly rules: LaneRules
  /** The most entries its log may have. */
  readonly cap: number
  /** Which failures a right password forgives. */
  readonly forgives: 'all' | 'few' | 'none'
}

/** An attempt that stands in a log. */
export interface Reserved {
  readonly lane: Lane
  readonly attempt: LoggedAttempt
  /** The log in which it stands, as text: nothing has to be read if nobody wrote since. */
  readonly text: string
}

/** A lane's log, as it was read. */
export interface SeenLog {
  readonly text: string | null
  readonly log: readonly LoggedAttempt[]
}

export class Lanes {
  readonly #storage: Storage
  readonly #clock: () => number

  constructor(storage: Storage, clock: () => number) {
    this.#storage = storage
    this.#clock = clock
  }

  async read({ key }: Lane): Promise<SeenLog> {
    const text = await this.#storage.get(key)
    return { text, log: asOf(parseLog(text), this.#clock()) }
  }

  judge({ rules }: Lane, { log }: SeenLog, attempt: Attempt): Verdict {
    return judge(log, attempt, rules, this.#clock())
  }

  /** Reserves an attempt, where it is to be looked at. */
  async reserve(
    lane: Lane,
    seen: SeenLog,
    attempt: Attempt,
  ): Promise<{ readonly verdict: Verdict; readonly reserved: Reserved | null }> {
    const [verdict, reserved] = await this.#enter(lane, seen, attempt, (log, now) => {
      const verdict = judge(log, attempt, lane.rules, now)
      const state = { look: 'pending', hidden: 'hidden' } as const
      const isLook = verdict.kind === 'look' || verdict.kind === 'hidden'
      return [verdict, isLook ? state[verdict.kind] : null]
    })
    return { verdict, reserved }
  }

  /** Reserves an attempt of a locked network, where it is to be looked at; else `null`. */
  async reserveUnseen(lane: Lane, seen: SeenLog, attempt: Attempt): Promise<Reserved | null> {
    const [, reserved] = await this.#enter(lane, seen, attempt, (log, now) => {
      const mayLook = mayLookUnseen(log, attempt, lane.rules, now)
      return [null, mayLook ? 'unseen' : null]
    })
    return reserved
  }

  /** Writes an attempt into its log, in the state that is decided; `null` leaves it out. */
  async #enter<Decision>(
    lane: Lane,
    seen: SeenLog,
    attempt: Attempt,
    decide: (
      log: readonly LoggedAttempt[],
      now: number,
    ) => readonly [Decision, LoggedAttempt['state'] | null],
  ): Promise<readonly [Decision, Reserved | null]> {
    const { rules, key, cap } = lane
    const { result, value } = await swap(
      this.#storage,
      key,
      (current): Swap<readonly [Decision, LoggedAttempt | null]> => {
        const at = this.#clock()
        const log = current === seen.text ? seen.log : asOf(parseLog(current), at)
        const [decision, state] = decide(log, at)
        if (state === null) return { value: null, ttl: 0, result: [decision, null] }
        const entry: LoggedAttempt = { ...attempt, at, state }
        const text = formatLog(withAttempt(log, entry, rules.horizonMs), cap)
        return { value: text, ttl: rules.horizonMs / 1000, result: [decision, entry] }
      },
      seen.text,
    )
    const [decision, entry] = result
    return [decision, entry && { lane, attempt: entry, text: value ?? '' }]
  }

  /**
   * It was wrong. Returns the log before and after.
   *
   * @param mayBeRight Whether the same password is to be looked at again.
   */
  failed(reserved: Reserved, mayBeRight: boolean = false): Promise<SettledLog> {
    const note = mayBeRight ? { note: '' } : {}
    return this.#settle(reserved, (log) => settled(log, reserved.attempt, 'failed', note))
  }

  /** It was right: it is taken out, and others with it. Returns the log before and after. */
  succeeded(reserved: Reserved): Promise<SettledLog> {
    const { attempt, lane } = reserved
    return this.#settle(reserved, (log) => {
      const others = settled(log, attempt, null)
      if (lane.forgives === 'none') return others
      if (lane.forgives === 'few') return forgiven(others, attempt)
      return others.filter((one) => !isFailed(one))
    })
  }

  /** Nothing was looked at after all: it is taken out. */
  withdrawn(reserved: Reserved): Promise<SettledLog> {
    return this.#settle(reserved, (log) => settled(log, reserved.attempt, null))
  }

  /** Forgets the guesses, and keeps from where there were logins. */
  async forgetGuesses({ key, cap, rules }: Lane): Promise<void> {
    await swap(this.#storage, key, (current) => {
      const logins = parseLog(current).filter(({ state }) => state === 'right')
      const value = current === null ? null : formatLog(logins, cap)
      return { value, ttl: value === '' ? 1 : rules.horizonMs / 1000, result: null }
    })
  }

  /** Begins a log anew with these. */
  async begin({ key, cap, rules }: Lane, attempts: readonly LoggedAttempt[]): Promise<void> {
    if (attempts.length === 0) await this.#storage.delete(key)
    else {
      const sorted = attempts.toSorted((a, b) => a.at - b.at)
      await this.#storage.set(key, formatLog(sorted, cap), rules.horizonMs / 1000)
    }
  }

  async #settle(
    { lane, text }: Reserved,
    change: (log: readonly LoggedAttempt[]) => readonly LoggedAttempt[],
  ): Promise<SettledLog> {
    const done = await swap(
      this.#storage,
      lane.key,
      (current) => {
        const before = parseLog(current)
        const after = change(before)
        const value = formatLog(after, lane.cap)
        // An empty log goes by itself: deleting it could delete what another just wrote.
        const ttl = value === '' ? 1 : lane.rules.horizonMs / 1000
        return { value: current === null ? null : value, ttl, result: { before, after } }
      },
      text,
    )
    return done.result
  }
}

export interface SettledLog {
  readonly before: readonly LoggedAttempt[]
  readonly after: readonly LoggedAttempt[]
}
