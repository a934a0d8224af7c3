/**
 * How many wrong passwords sudo looks at, per login: a stolen one cannot lock it for the others.
 *
 * An attempt is reserved before its password is looked at, in one record that changes by
 * compare-and-swap: a hundred at once get no more than the budget. The last one of the budget
 * arms the lock with its reservation and lifts it again if it was right, so that nothing has to be
 * locked, and nothing deleted, while others are on their way.
 */
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import { orGoOn, orUnavailable } from '../../storage/outage.ts'
import {
  isInstant,
  isNumber,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../../storage/records.ts'
import type { Storage } from '../../storage/storage.ts'
import type { UserScope } from '../../users/store.ts'
import type { SudoSettings } from './sudo.ts'

/** Times are milliseconds since the epoch. */
interface AttemptRecord {
  readonly count: number
  /** When the window ends that the first attempt opened. */
  readonly windowEnds: number
  /** When the lock ends; 0 without one. */
  readonly lockedUntil: number
}

const attemptShape: Shape<AttemptRecord> = {
  count: isNumber,
  windowEnds: isInstant,
  lockedUntil: isInstant,
}

/** One reserved attempt; it stays counted unless it ends in one of these. */
export interface ReservedAttempt {
  /** Whether it was the last of the budget: unless it succeeds, the login is locked. */
  readonly isLast: boolean
  /** It was right: forgets the attempts, but no lock that another one armed. */
  succeeded(): Promise<void>
  /** Nothing was looked at after all: gives the attempt back. */
  withdrawn(): Promise<void>
}

export interface SudoAttemptParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly emit: EventListener
}

export class SudoAttempts {
  readonly #settings: SudoSettings
  readonly #parts: SudoAttemptParts
  readonly #parse: ReadRecord<AttemptRecord>

  constructor(settings: SudoSettings, parts: SudoAttemptParts) {
    this.#settings = settings
    this.#parts = parts
    this.#parse = recordReader('sudo-attempts', attemptShape, parts.emit)
  }

  /**
   * @throws AuthError `sudo_locked` (429 with Retry-After) when the budget is used up;
   *   `storage_unavailable` (503) when it cannot be counted: a guess could be let in.
   */
  async reserve(scope: UserScope, account: string, login: string): Promise<ReservedAttempt> {
    return orUnavailable('sudo', this.#parts.emit, this.#reserve(this.#key(scope, account, login)))
  }

  /** Forgets the attempts and the locks of these logins of an account. */
  async unlock(scope: UserScope, account: string, logins: Iterable<string>): Promise<void> {
    await Promise.all(
      [...logins].map((login) => this.#parts.storage.delete(this.#key(scope, account, login))),
    )
  }

  async #reserve(key: string): Promise<ReservedAttempt> {
    const { storage, clock } = this.#parts
    const { window, maxAttempts, lockout } = this.#settings
    for (;;) {
      const now = clock()
      const stored = await storage.get(key)
      const known = this.#parse(stored)
      if (known && known.lockedUntil > now) throw locked((known.lockedUntil - now) / 1000)

      const isOpen = known !== null && known.lockedUntil === 0 && known.windowEnds > now
      const count = isOpen ? known.count + 1 : 1
      const isLast = count >= maxAttempts
      const windowEnds = isOpen ? known.windowEnds : now + window * 1000
      const lockedUntil = isLast ? now + lockout * 1000 : 0
      const text = JSON.stringify({ count, windowEnds, lockedUntil } satisfies AttemptRecord)
      const ttl = (Math.max(windowEnds, lockedUntil) - now) / 1000
      const isReserved =
        stored === null
          ? await storage.add(key, text, ttl)
          : await storage.replace(key, text, ttl, stored)
      if (!isReserved) continue
      const settle = (next: (count: number) => number) =>
        this.#quietly(this.#settle(key, lockedUntil, next))
      return {
        isLast,
        succeeded: () => settle(() => 0),
        withdrawn: () => settle((counted) => Math.max(0, counted - 1)),
      }
    }
  }

  /** Changes the count, and lifts the lock if it is this one; another attempt's stays. */
  async #settle(key: string, lock: number, next: (count: number) => number): Promise<void> {
    const { storage, clock } = this.#parts
    for (;;) {
      const stored = await storage.get(key)
      const record = this.#parse(stored)
      if (stored === null || record === null) return
      const lockedUntil = record.lockedUntil === lock ? 0 : record.lockedUntil
      const { windowEnds } = record
      // A second, for a window that has ended meanwhile: its lock has to be lifted all the same.
      const ttl = Math.max(1, (Math.max(windowEnds, lockedUntil) - clock()) / 1000)
      const text = JSON.stringify({ count: next(record.count), windowEnds, lockedUntil })
      if (await storage.replace(key, text, ttl, stored)) return
    }
  }

  /** Nobody is refused because a clean-up failed. */
  async #quietly(work: Promise<unknown>): Promise<void> {
    await orGoOn('sudo', this.#parts.emit, work)
  }

  #key(scope: UserScope, account: string, login: string): string {
    return this.#parts.keys(scope, 'sudo-attempts', `${account}:${login}`)
  }
}

/** The answer to an attempt of a login that is locked for so long. */
export function locked(seconds: number): AuthError {
  return new AuthError('sudo_locked', 'Too many attempts. Try again later.', {
    headers: { 'Retry-After': String(Math.ceil(seconds)) },
  })
}
