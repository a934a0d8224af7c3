/**
 * How many wrong passwords are checked, and for how long further ones are refused unchecked.
 *
 * An attempt is counted before its password is verified, in the storage, so that a hundred at once
 * get no more verifications than five in a row. It is counted in several dimensions (the resolved
 * account, what was typed, the client's network), each with a budget, an escalating lock and, for
 * accounts, a long horizon (100 consecutive failures, NIST SP 800-63B-4 §3.2.2). Only the dimension
 * that used up its budget is locked, and in the others an attempt that was refused does not count.
 * Many people may share one address, so only wrong passwords lock it. While its budget is taken up
 * by attempts that are still being checked, further ones are told to wait a second. A known device
 * is counted by itself and nowhere else (OWASP, device cookies), so that nobody can lock an owner
 * out by guessing.
 *
 * When the storage does not answer, the attempt is refused: failing closed, because a guess could
 * be let in.
 */
import { AuthError } from '../errors.ts'
import type { EventListener, LockoutDimension, UserId } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn } from '../storage/outage.ts'
import type { Storage } from '../storage/storage.ts'
import type { UserScope } from '../users/store.ts'
import type { LockoutSettings } from './lockout-settings.ts'

/** Whom an attempt is counted against. Texts are already canonical; hash what is personal. */
export interface LockoutSubject {
  /** The resolved account's id, or `null` when nobody has that identifier. For events. */
  readonly userId: UserId | null
  /**
   * The resolved account; for an unknown identifier a stand-in of its own, so that both cost the
   * same storage operations.
   */
  readonly account: string
  /** A digest of what was typed, in a form that case and Unicode spelling do not change. */
  readonly identifier: string
  /** The client's network, or `null` when it is unknown: the other dimensions then hold alone. */
  readonly network: string | null
  /** The name of the known device; `null` for a browser that has not logged in to this account. */
  readonly device: string | null
}

/** One counted attempt; it must end in exactly one of these. */
export interface CountedAttempt {
  /** The password was wrong. */
  failed(): Promise<void>
  /** The password was right: forgets the failures of the account, but of no address. */
  succeeded(): Promise<void>
  /** No password was looked at after all: gives the attempt back. */
  withdrawn(): Promise<void>
}

interface Dimension {
  readonly name: LockoutDimension
  readonly key: string
  readonly budget: number
  readonly hasHorizon: boolean
}

/** What became of an attempt in one dimension. */
interface Counted {
  /** Seconds to wait; 0 when it is within the budget. */
  readonly wait: number
  /** Whether it is to be given back when another dimension refuses it. */
  readonly isOpen: boolean
}

interface DimensionState {
  readonly dimension: Dimension
  readonly round: number
  /** Seconds for which it stays locked; 0 when it is not. */
  readonly lockedFor: number
}

/** At most this many locked known devices are noted per account; nobody owns more browsers. */
const maxLockedDevices = 50

export class Lockout {
  readonly settings: LockoutSettings
  readonly #storage: Storage
  readonly #keys: StorageKeys
  readonly #clock: () => number
  readonly #emit: EventListener

  constructor(
    settings: LockoutSettings,
    parts: { storage: Storage; keys: StorageKeys; clock: () => number; emit: EventListener },
  ) {
    this.settings = settings
    this.#storage = parts.storage
    this.#keys = parts.keys
    this.#clock = parts.clock
    this.#emit = parts.emit
  }

  /**
   * Counts one attempt, before its password is looked at.
   *
   * @throws AuthError `login_locked` (429 with Retry-After) when a dimension is locked, becomes
   *   locked by this attempt, or cannot be counted.
   */
  async attempt(scope: UserScope, subject: LockoutSubject): Promise<CountedAttempt> {
    const dimensions = this.#dimensions(subject)
    try {
      return await this.#attempt(scope, subject, dimensions)
    } catch (error) {
      if (error instanceof AuthError) throw error
      this.#emit({ name: 'storage.failed', operation: 'lockout', effect: 'refused', error })
      throw locked(this.settings.baseLock)
    }
  }

  /**
   * Forgets every failure and lock of one account, and those of its known devices that were locked:
   * for operators, and for proof of the mailbox.
   */
  async unlock(scope: UserScope, account: string, identifiers: readonly string[]): Promise<void> {
    const devices = await this.#storage.indexMembers(this.#devicesKey(scope, account))
    await this.#forget(scope, [
      this.#dimension('account', account),
      ...identifiers.map((identifier) => this.#dimension('identifier', identifier)),
      ...devices.map((device) => this.#dimension('device', device)),
    ])
  }

  async #attempt(
    scope: UserScope,
    subject: LockoutSubject,
    dimensions: readonly Dimension[],
  ): Promise<CountedAttempt> {
    const states = await Promise.all(dimensions.map((dimension) => this.#state(scope, dimension)))
    const lockedFor = Math.max(...states.map((state) => state.lockedFor))
    if (lockedFor > 0) this.#refuse(lockedFor)

    // The network is counted first. Otherwise a burst from one address, most of which is refused,
    // would for a moment use up the budget of every account that it names, and lock them all.
    const ofAddress = states.filter(({ dimension }) => dimension.name === 'address')
    const ofAccount = states.filter(({ dimension }) => dimension.name !== 'address')
    const open = await this.#admit(scope, subject, ofAddress, [])
    await this.#admit(scope, subject, ofAccount, open)

    return {
      failed: () => this.#failed(scope, states),
      succeeded: () => this.#succeeded(scope, states),
      withdrawn: () => this.#giveBack(scope, states),
    }
  }

  /**
   * Counts an attempt in these dimensions. If one of them refuses it, the attempt is given back in
   * the others and in those counted before.
   *
   * @param before What is counted already.
   * @returns What is counted by now.
   */
  async #admit(
    scope: UserScope,
    subject: LockoutSubject,
    states: readonly DimensionState[],
    before: readonly DimensionState[],
  ): Promise<readonly DimensionState[]> {
    const counted = await Promise.all(states.map((state) => this.#count(scope, subject, state)))
    const wait = Math.max(0, ...counted.map((one) => one.wait))
    const open = [...before, ...states.filter((_, index) => counted[index]?.isOpen)]
    if (wait === 0 || this.settings.mode === 'observe') return open
    await this.#giveBack(scope, open)
    throw locked(wait)
  }

  /** Refuses, except in observe mode, which only emits events. */
  #refuse(seconds: number): void {
    if (this.settings.mode === 'enforce') throw locked(seconds)
  }

  async #state(scope: UserScope, dimension: Dimension): Promise<DimensionState> {
    // The round is read before the lock. A lock is written before its round is counted, so that
    // whoever sees the new round, and with it a fresh window, also sees the lock.
    const round = await this.#storage.count(this.#key(scope, 'rounds', dimension))
    const until = await this.#storage.get(this.#key(scope, 'lock', dimension))
    return { dimension, round, lockedFor: this.#secondsUntil(until) }
  }

  /** Counts in one dimension, and locks it when its budget is used up. */
  async #count(scope: UserScope, subject: LockoutSubject, state: DimensionState): Promise<Counted> {
    const { dimension, round } = state
    const attemptKey = this.#attemptKey(scope, state)
    const attempts = await this.#storage.increment(attemptKey, this.settings.window)
    // Only attempts within the budget count towards the horizon, or a burst of refused ones would
    // use it up in a second.
    if (attempts <= dimension.budget) {
      const failures = dimension.hasHorizon ? await this.#countTowardsHorizon(scope, dimension) : 0
      if (failures <= this.settings.maxConsecutiveFailures) return { wait: 0, isOpen: true }
    } else if (dimension.name === 'address') {
      const failures = await this.#storage.count(this.#failedKey(scope, state))
      // The others are under way, and may be right.
      if (failures < dimension.budget) return { wait: 1, isOpen: true }
    }

    const { baseLock, maxLock, retention } = this.settings
    const lockSeconds = Math.min(baseLock * 2 ** Math.min(round, 30), maxLock)
    const lockKey = this.#key(scope, 'lock', dimension)
    const until = String(this.#clock() + lockSeconds * 1000)
    if (await this.#storage.add(lockKey, until, lockSeconds)) {
      const roundsKey = this.#key(scope, 'rounds', dimension)
      await this.#storage.increment(roundsKey, lockSeconds + retention, { slide: true })
      this.#emit({
        name: 'lockout.tripped',
        dimension: dimension.name,
        userId: subject.userId,
        address: subject.network,
        lockSeconds,
        observed: this.settings.mode === 'observe',
      })
      if (dimension.name === 'device') await this.#noteDevice(scope, subject, dimension.key)
      return { wait: lockSeconds, isOpen: false }
    }
    // Another attempt of the same moment locked it.
    const left = this.#secondsUntil(await this.#storage.get(lockKey))
    return { wait: Math.max(1, left), isOpen: false }
  }

  /** Notes a locked known device, which only its own cookie names, so that `unlock` finds it. */
  async #noteDevice(scope: UserScope, { account }: LockoutSubject, device: string): Promise<void> {
    const key = this.#devicesKey(scope, account)
    await this.#storage.indexAdd(key, device, this.settings.horizon, maxLockedDevices)
  }

  async #failed(scope: UserScope, states: readonly DimensionState[]): Promise<void> {
    const address = states.filter(({ dimension }) => dimension.name === 'address')
    await this.#quietly(async () => {
      await Promise.all(
        address.map((state) =>
          this.#storage.increment(this.#failedKey(scope, state), this.settings.window),
        ),
      )
    })
  }

  #countTowardsHorizon(scope: UserScope, dimension: Dimension): Promise<number> {
    const key = this.#key(scope, 'failures', dimension)
    return this.#storage.increment(key, this.settings.horizon)
  }

  async #succeeded(scope: UserScope, states: readonly DimensionState[]): Promise<void> {
    const own = states.filter(({ dimension }) => dimension.name !== 'address')
    const address = states.filter(({ dimension }) => dimension.name === 'address')
    await this.#quietly(async () => {
      await Promise.all([
        ...own.map((state) => this.#storage.delete(this.#attemptKey(scope, state))),
        this.#forget(
          scope,
          own.map(({ dimension }) => dimension),
        ),
        this.#giveBack(scope, address),
      ])
    })
  }

  async #giveBack(scope: UserScope, states: readonly DimensionState[]): Promise<void> {
    await this.#quietly(async () => {
      await Promise.all(
        states.flatMap((state) => [
          this.#storage.increment(this.#attemptKey(scope, state), 1, { by: -1 }),
          ...(state.dimension.hasHorizon
            ? [
                this.#storage.increment(this.#key(scope, 'failures', state.dimension), 1, {
                  by: -1,
                }),
              ]
            : []),
        ]),
      )
    })
  }

  async #forget(scope: UserScope, dimensions: readonly Dimension[]): Promise<void> {
    await Promise.all(
      dimensions.flatMap((dimension) =>
        [
          this.#attemptKey(scope, { dimension, round: 0 }),
          this.#key(scope, 'lock', dimension),
          this.#key(scope, 'rounds', dimension),
          this.#key(scope, 'failures', dimension),
        ].map((key) => this.#storage.delete(key)),
      ),
    )
  }

  /** The password was right or not looked at: nobody is refused because a clean-up failed. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    await orGoOn('lockout', this.#emit, work())
  }

  #dimensions(subject: LockoutSubject): Dimension[] {
    if (subject.device !== null) return [this.#dimension('device', subject.device)]
    const dimensions = [
      this.#dimension('identifier', subject.identifier),
      this.#dimension('account', subject.account),
    ]
    if (subject.network !== null) dimensions.push(this.#dimension('address', subject.network))
    return dimensions
  }

  #dimension(name: LockoutDimension, key: string): Dimension {
    const perAddress = name === 'address'
    return {
      name,
      key,
      budget: perAddress ? this.settings.maxAttemptsPerAddress : this.settings.maxAttempts,
      hasHorizon: !perAddress,
    }
  }

  #key(scope: UserScope, kind: string, dimension: Dimension): string {
    return this.#keys(scope, `login-${kind}`, `${dimension.name}:${dimension.key}`)
  }

  // A window belongs to a round: after a lock the next attempt opens a new one, and nothing needs
  // to be deleted while other attempts are being counted.
  #attemptKey(
    scope: UserScope,
    { dimension, round }: Pick<DimensionState, 'dimension' | 'round'>,
  ): string {
    return this.#keys(scope, 'login-attempts', `${dimension.name}:${dimension.key}:${round}`)
  }

  #failedKey(scope: UserScope, { dimension, round }: DimensionState): string {
    return this.#keys(scope, 'login-failed', `${dimension.name}:${dimension.key}:${round}`)
  }

  #devicesKey(scope: UserScope, account: string): string {
    return this.#keys(scope, 'login-devices', account)
  }

  #secondsUntil(deadline: string | null): number {
    if (deadline === null) return 0
    return Math.max(0, Math.ceil((Number(deadline) - this.#clock()) / 1000))
  }
}

function locked(seconds: number): AuthError {
  return new AuthError('login_locked', 'Too many login attempts. Try again later.', {
    headers: { 'Retry-After': String(seconds) },
  })
}
