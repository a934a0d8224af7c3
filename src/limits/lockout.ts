/**
 * How many wrong passwords are looked at, and who is refused unlooked.
 *
 * Every guess at an account is counted in one lane: a known device and a live login have one each,
 * everybody else shares the strangers' lane of that account. A name that has no account has the
 * same lane, in a fixed number of logs that all such names share. A network that fails at too many
 * accounts is locked besides. The rules are in `attempt-log.ts` and `network-budget.ts`; why they
 * are these is in `docs/lockout.md`.
 *
 * When the storage does not answer, the attempt is refused: failing closed, because a guess could
 * be let in.
 */
import { AuthError } from '../errors.ts'
import type { EventListener, LockoutDimension, UserId } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn } from '../storage/outage.ts'
import type { Storage } from '../storage/storage.ts'
import { Contended } from '../storage/swap.ts'
import type { UserScope } from '../users/store.ts'
import {
  countedFor,
  isClosed,
  isFailed,
  isNewToday,
  type LoggedAttempt,
  lockEnd,
  newInWeek,
  ofName,
  type Verdict,
} from './attempt-log.ts'
import { type Lane, Lanes, type Reserved, type SettledLog } from './lane.ts'
import { LaneNames } from './lane-names.ts'
import type { LockoutSettings } from './lockout-settings.ts'
import { Networks, type SeenNetwork } from './networks.ts'

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
  /** Whatever would make the same password right another time: the stored hash, and the flag. */
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

/** A site has many networks, but not all of them are used by those who guess. */
const networksOfASite = 4
/** What a closed account tells to wait: its next look is an hour away at most. */
const closedSeconds = 3600

export class Lockout {
  readonly settings: LockoutSettings
  readonly #keys: StorageKeys
  readonly #storage: Storage
  readonly #clock: () => number
  readonly #emit: EventListener
  readonly #lanes: Lanes
  readonly #names: LaneNames
  readonly #networks: Networks
  readonly #sites: Networks
  #hasRecovery = false

  constructor(
    settings: LockoutSettings,
    parts: {
      storage: Storage
      keys: StorageKeys
      clock: () => number
      emit: EventListener
      secrets: readonly string[]
    },
  ) {
    const { storage, keys, clock, emit, secrets } = parts
    this.settings = settings
    this.#storage = storage
    this.#keys = keys
    this.#clock = clock
    this.#emit = emit
    this.#names = new LaneNames(settings, { keys, secrets })
    this.#lanes = new Lanes(storage, clock)
    const accounts = settings.accountsPerNetwork
    const { baseLockMs, maxLockMs } = this.#names.rules
    this.#networks = new Networks({ accounts, baseLockMs, maxLockMs }, parts)
    this.#sites = new Networks(
      { accounts: accounts * networksOfASite, baseLockMs, maxLockMs },
      parts,
    )
  }

  /** Told by recovery that an owner who proves the mailbox gets in, so that a refusal names it. */
  learnRecovery(): void {
    this.#hasRecovery = true
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
      return this.#ofStrangers(scope, guess)
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
      if ('kind' in own) throw this.#refusal(own)
      return own
    })
  }

  /** Forgets what strangers did: their owner has proven the mailbox, or an operator says so. */
  async open(scope: UserScope, account: string): Promise<void> {
    await this.#storage.delete(this.#names.accountLane(scope, account).key)
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
    await Promise.all(lanes.map(({ key }) => this.#storage.delete(key)))
  }

  /**
   * Gives a new account what was counted against its names while they had none, so that strangers
   * do not see from their answers that it is new; and nothing of an account that had its key
   * before.
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
        await this.#lanes.begin(this.#names.accountLane(scope, account), logs.flat())
      })(),
    )
  }

  async #closed(work: () => Promise<CountedAttempt>): Promise<CountedAttempt> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof AuthError) throw error
      if (error instanceof Contended) throw this.#locked(1)
      this.#emit({ name: 'storage.failed', operation: 'lockout', effect: 'refused', error })
      throw this.#locked(this.settings.baseLock)
    }
  }

  /** An attempt in a lane that one person has alone; or why the lane refuses it. */
  async #ofOne(
    guess: Guess,
    lane: Lane,
    dimension: LockoutDimension,
  ): Promise<CountedAttempt | Verdict> {
    const attempt = { network: '', site: '', name: '', note: this.#names.note(guess) }
    const seen = await this.#lanes.read(lane)
    const { verdict, reserved } = await this.#lanes.reserve(lane, seen, attempt)
    if (verdict.kind === 'repeat') return repeated
    if (reserved === null) return this.settings.mode === 'observe' ? uncounted : verdict
    return {
      isRepeat: false,
      isDecoy: false,
      isKnown: true,
      failed: async (mayBeRight) => {
        await this.#quietly(async () => {
          const settled = await this.#lanes.failed(reserved, mayBeRight)
          this.#tell(guess, dimension, reserved, settled)
        })
        return null
      },
      succeeded: () => this.#quietly(() => this.#lanes.succeeded(reserved)),
      withdrawn: () => this.#quietly(() => this.#lanes.withdrawn(reserved)),
    }
  }

  async #ofStrangers(scope: UserScope, guess: Guess): Promise<CountedAttempt> {
    const { lane, tag: name } =
      guess.account === null
        ? this.#names.namelessLane(scope, guess.typed)
        : { lane: this.#names.accountLane(scope, guess.account), tag: '' }
    const network = this.#names.tag('network', guess.network)
    const site = this.#names.tag('site', guess.site)
    const attempt = { network, site, name, note: this.#names.note(guess) }
    const [seen, ...networks] = await Promise.all([
      this.#lanes.read(lane),
      ...this.#seeNetworks(scope, guess),
    ])

    const lockedMs = Math.max(0, ...networks.map((one) => one.kind.lockedFor(one)))
    const first = this.#lanes.judge(lane, seen, attempt)
    if (this.settings.mode === 'observe') {
      if (lockedMs > 0 || (first.kind !== 'look' && first.kind !== 'repeat')) return uncounted
    }
    if (lockedMs > 0) throw this.#locked(lockedMs / 1000)
    if (first.kind === 'repeat') return repeated
    if (first.kind !== 'look' && first.kind !== 'hidden') throw this.#refusal(first)

    const isNew = first.kind === 'look' && isNewToday(seen.log, attempt, this.#clock())
    const taken = isNew ? await this.#reserveIn(networks) : []
    const { verdict, reserved } = await this.#lanes.reserve(lane, seen, attempt)
    if (reserved === null) {
      await this.#giveBack(taken)
      if (verdict.kind === 'repeat') return repeated
    }
    if (reserved === null || verdict.kind === 'hidden') {
      // Others at the same moment used up what was left.
      if (this.settings.mode === 'observe') return uncounted
      if (reserved === null) throw this.#refusal(verdict)
      return this.#hidden(guess, reserved)
    }
    return {
      isRepeat: false,
      isDecoy: false,
      isKnown: false,
      failed: async (mayBeRight) => {
        await this.#quietly(async () => {
          const settled = await this.#lanes.failed(reserved, mayBeRight)
          this.#tell(guess, 'account', reserved, settled)
          // Of several at once the first that fails is the account that the network failed at.
          if (isNewToday(settled.before, attempt, this.#clock())) {
            await this.#failedIn(guess, networks, taken)
          } else await this.#giveBack(taken)
        })
        return null
      },
      succeeded: () =>
        this.#quietly(async () => {
          const { before } = await this.#lanes.succeeded(reserved)
          await this.#giveBack(taken)
          const isNewIn = newInWeek(before, reserved.attempt)
          const counting = networks.filter(({ kind }) =>
            kind === this.#networks ? isNewIn.network : isNewIn.site,
          )
          await Promise.all(counting.map((one) => one.kind.loggedIn(one)))
        }),
      withdrawn: () =>
        this.#quietly(async () => {
          await this.#lanes.withdrawn(reserved)
          await this.#giveBack(taken)
        }),
    }
  }

  /** The look of the hour at an account that is closed to strangers. */
  #hidden({ isReachable }: Guess, reserved: Reserved): CountedAttempt {
    return {
      isRepeat: false,
      // Where the owner can prove the mailbox, or nobody is to get in, nothing is looked at; but
      // the work is the same, or it would tell that the account is one of those.
      isDecoy: isReachable || this.settings.withoutRecovery === 'close',
      isKnown: false,
      failed: async () => this.#locked(closedSeconds),
      succeeded: () => this.#quietly(() => this.#lanes.succeeded(reserved)),
      withdrawn: () => this.#quietly(() => this.#lanes.withdrawn(reserved)),
    }
  }

  #seeNetworks(scope: UserScope, { network, site }: Guess): Promise<SeenNetwork>[] {
    if (network === null) return []
    const seen = [this.#networks.see(this.#keys(scope, 'login-network', network))]
    if (site !== null && site !== network) {
      seen.push(this.#sites.see(this.#keys(scope, 'login-site', site)))
    }
    return seen
  }

  /** @throws AuthError `login_locked` where others that are under way use up what is left. */
  async #reserveIn(networks: readonly SeenNetwork[]): Promise<readonly SeenNetwork[]> {
    const reserved: SeenNetwork[] = []
    for (const one of networks) {
      const outcome = await one.kind.reserve(one)
      if (outcome === 'taken') {
        await this.#giveBack(reserved)
        if (this.settings.mode === 'enforce') throw this.#locked(1)
      }
      if (outcome === 'reserved') reserved.push(one)
    }
    return reserved
  }

  async #giveBack(networks: readonly SeenNetwork[]): Promise<void> {
    await Promise.all(networks.map((one) => one.kind.giveBack(one)))
  }

  async #failedIn(
    guess: Guess,
    networks: readonly SeenNetwork[],
    taken: readonly SeenNetwork[],
  ): Promise<void> {
    const locks = await Promise.all(
      networks.map((one) => one.kind.failed(one, taken.includes(one))),
    )
    const lockMs = Math.max(0, ...locks)
    if (lockMs > 0) this.#tripped(guess, 'network', lockMs)
  }

  /** Tells of the lock that a failure brought about. */
  #tell(
    guess: Guess,
    dimension: LockoutDimension,
    { attempt, lane }: Reserved,
    { before, after }: SettledLog,
  ): void {
    const now = this.#clock()
    const { rules } = lane
    const read = (log: readonly LoggedAttempt[]) => {
      const all = countedFor(log, attempt.name, rules, now).filter(isFailed)
      const own = all.filter(({ network }) => network === attempt.network)
      return { all, end: lockEnd(own, rules) }
    }
    const [was, is] = [read(before), read(after)]
    const isOfAll = is.all.length >= rules.together
    if (isClosed(is.all, attempt, rules) && !isClosed(was.all, attempt, rules)) {
      const [oldest] = is.all
      const lockMs = (oldest?.at ?? now) + rules.horizonMs - now
      this.#tripped(
        guess,
        dimension === 'account' && !isOfAll ? 'account_network' : dimension,
        lockMs,
      )
    } else if (is.end > now && is.end !== was.end) {
      this.#tripped(guess, dimension === 'account' ? 'account_network' : dimension, is.end - now)
    }
  }

  #tripped({ userId, network }: Guess, dimension: LockoutDimension, lockMs: number): void {
    this.#emit({
      name: 'lockout.tripped',
      dimension,
      userId,
      address: network,
      lockSeconds: Math.ceil(lockMs / 1000),
      observed: this.settings.mode === 'observe',
    })
  }

  #refusal(verdict: Verdict): AuthError {
    return this.#locked(verdict.kind === 'locked' ? verdict.waitMs / 1000 : closedSeconds)
  }

  /** The same words for every reason, with and without an account. */
  #locked(seconds: number): AuthError {
    const ways = this.#hasRecovery ? ', or reset the password' : ''
    return new AuthError(
      'login_locked',
      `Too many login attempts. Try again later, or use a browser that has logged in before${ways}.`,
      { headers: { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) } },
    )
  }

  /** The password was looked at: nobody is refused because a clean-up failed. */
  async #quietly(work: () => Promise<unknown>): Promise<void> {
    await orGoOn('lockout', this.#emit, work())
  }
}

const nothing = async (): Promise<void> => undefined

const repeated: CountedAttempt = {
  isRepeat: true,
  isDecoy: false,
  isKnown: false,
  failed: async () => null,
  succeeded: nothing,
  withdrawn: nothing,
}

/** Of observe mode: beyond the limits, and let through. */
const uncounted: CountedAttempt = { ...repeated, isRepeat: false }
