/**
 * How many wrong passwords are looked at, and who is refused unlooked.
 *
 * Every guess at an account is counted in one lane: a known device and a live login have one each,
 * everybody else shares the strangers' lane of that account (`strangers.ts`). A name that has no
 * account has the same lane, in a fixed number of logs that all such names share. A network that
 * fails at too many accounts is locked besides. The rules are in `judgement.ts` and
 * `network-budget.ts`; why they are these is in `docs/lockout.md`.
 *
 * When the storage does not answer, the attempt is refused: failing closed, because a guess could
 * be let in.
 */
import { AuthError } from '../errors.ts'
import type { EventListener, LockoutDimension } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { isPermanent, orGoOn, orUnavailable } from '../storage/outage.ts'
import type { Storage } from '../storage/storage.ts'
import { Contended } from '../storage/swap.ts'
import type { UserScope } from '../users/store.ts'
import { ofName } from './attempt-log.ts'
import { type CountedAttempt, counted, type Guess, repeated, uncounted } from './guess.ts'
import type { Verdict } from './judgement.ts'
import { type Lane, Lanes } from './lane.ts'
import { LaneNames } from './lane-names.ts'
import { LockoutEvents } from './lockout-events.ts'
import type { LockoutSettings } from './lockout-settings.ts'
import { Networks } from './networks.ts'
import { LateRefusals, Refusals } from './refusals.ts'
import { Strangers } from './strangers.ts'

/** A site has many networks, but not all of them are used by those who guess. */
const networksOfASite = 4
/** What the lane of one device or login calls its client: whatever network it comes from. */
const oneClient = '-'

export class Lockout {
  readonly settings: LockoutSettings
  readonly #emit: EventListener
  readonly #lanes: Lanes
  readonly #names: LaneNames
  readonly #events: LockoutEvents
  readonly #refusals: Refusals = new Refusals()
  readonly #strangers: Strangers

  /** @param parts `pause` waits so many milliseconds, for simulations. */
  constructor(
    settings: LockoutSettings,
    parts: {
      storage: Storage
      keys: StorageKeys
      clock: () => number
      emit: EventListener
      secrets: readonly string[]
      pause?: (ms: number) => Promise<void>
    },
  ) {
    const { storage, keys, clock, emit, secrets } = parts
    this.settings = settings
    this.#emit = emit
    this.#names = new LaneNames(settings, { keys, secrets })
    this.#lanes = new Lanes(storage, clock)
    this.#events = new LockoutEvents(settings.mode === 'observe', parts)
    const { baseLockMs, maxLockMs } = this.#names.rules
    const budget = (networks: number) =>
      new Networks(
        { accounts: settings.accountsPerNetwork * networks, baseLockMs, maxLockMs },
        parts,
      )
    this.#strangers = new Strangers({
      settings,
      keys,
      clock,
      emit,
      lanes: this.#lanes,
      names: this.#names,
      networks: budget(1),
      sites: budget(networksOfASite),
      events: this.#events,
      refusals: this.#refusals,
      late: new LateRefusals(parts.pause),
    })
  }

  /** Told by recovery that an owner who proves the mailbox gets in, so that a refusal names it. */
  learnRecovery(): void {
    this.#refusals.learnRecovery()
  }

  /**
   * Counts a guess, before its password is looked at.
   *
   * @throws AuthError `login_locked` (429 with Retry-After), also where it cannot be counted.
   */
  attempt(scope: UserScope, guess: Guess): Promise<CountedAttempt> {
    return this.#closed(async () => {
      const { device } = guess
      if (device !== null) {
        const own = await this.#ofOne(guess, this.#names.deviceLane(scope, device), 'device')
        // Whoever else holds a copy of the cookie must not shut its owner out.
        if (!('kind' in own)) return own
      }
      return this.#strangers.attempt(scope, guess)
    })
  }

  /**
   * Counts a guess at the password of an account that the request has already proven to belong to.
   *
   * @param login Names the login; see `Principal.login`.
   * @throws AuthError `login_locked` (429 with Retry-After), also where it cannot be counted.
   */
  confirmation(scope: UserScope, guess: Guess, login: string): Promise<CountedAttempt> {
    return this.#closed(async () => {
      const lane = this.#names.loginLane(scope, `${guess.account}:${login}`)
      const own = await this.#ofOne(guess, lane, 'login')
      if ('kind' in own) throw this.#refusals.of(own)
      return own
    })
  }

  /** Forgets what strangers did: their owner has proven the mailbox, or an operator says so. */
  async open(scope: UserScope, account: string): Promise<void> {
    await this.#lanes.forgetGuesses(this.#names.accountLane(scope, account))
  }

  /** Forgets what was counted for these known devices and logins of an account. */
  async forget(
    scope: UserScope,
    account: string,
    devices: readonly string[],
    logins: Iterable<string>,
  ): Promise<void> {
    const lanes = [
      ...devices.map((device) => this.#names.deviceLane(scope, device)),
      ...[...logins].map((login) => this.#names.loginLane(scope, `${account}:${login}`)),
    ]
    await Promise.all(lanes.map((lane) => this.#lanes.begin(lane, [])))
  }

  /**
   * Gives a new account what was counted against its names while they had none, so that strangers
   * do not see from their answers that it is new; and nothing of an account that had its key
   * before. Of several names it is what was counted against the one that most was: what they were
   * guessed at together would close an account that none of them had closed.
   */
  async inherit(scope: UserScope, account: string, typed: readonly string[]): Promise<void> {
    await orGoOn(
      'lockout',
      this.#emit,
      (async () => {
        const logs = await Promise.all(
          typed.map(async (name) => {
            const { lane, tag } = this.#names.namelessLane(scope, name)
            return ofName((await this.#lanes.read(lane)).log, tag, '')
          }),
        )
        const most = logs.reduce((a, b) => (b.length > a.length ? b : a), [])
        await this.#lanes.begin(this.#names.accountLane(scope, account), most)
      })(),
    )
  }

  async #closed(work: () => Promise<CountedAttempt>): Promise<CountedAttempt> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof AuthError) throw error
      if (error instanceof Contended) throw this.#refusals.locked(1)
      // A lock would be a lie: nobody has to wait for what only the operator can mend.
      if (isPermanent(error)) await orUnavailable('lockout', this.#emit, Promise.reject(error))
      this.#emit({ name: 'storage.failed', operation: 'lockout', effect: 'refused', error })
      throw this.#refusals.locked(this.settings.baseLock)
    }
  }

  /** An attempt in a lane that one person has alone; or why the lane refuses it. */
  async #ofOne(
    guess: Guess,
    lane: Lane,
    dimension: LockoutDimension,
  ): Promise<CountedAttempt | Verdict> {
    const note = this.#names.note(guess)
    const attempt = { network: oneClient, site: oneClient, name: '', note }
    const seen = await this.#lanes.read(lane)
    const { verdict, reserved } = await this.#lanes.reserve(lane, seen, attempt)
    if (verdict.kind === 'repeat') return repeated
    if (reserved === null) return this.settings.mode === 'observe' ? uncounted : verdict
    return counted({
      isKnown: true,
      failed: async (mayBeRight) => {
        await this.#quietly(async () => {
          const settled = await this.#lanes.failed(reserved, mayBeRight)
          this.#events.failed(guess, dimension, reserved, settled)
        })
        return null
      },
      succeeded: () => this.#quietly(() => this.#lanes.succeeded(reserved)),
      withdrawn: () => this.#quietly(() => this.#lanes.withdrawn(reserved)),
    })
  }

  /** The password was looked at: nobody is refused because a clean-up failed. */
  async #quietly(work: () => Promise<unknown>): Promise<void> {
    await orGoOn('lockout', this.#emit, work())
  }
}
