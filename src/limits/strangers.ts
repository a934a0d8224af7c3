/**
 * Guesses of strangers: of clients that have not logged in to the account before. They share one
 * lane per account, and each network has a budget of accounts that it may fail at.
 */
import type { EventListener } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn } from '../storage/outage.ts'
import type { UserScope } from '../users/store.ts'
import { type Attempt, isNewToday, newInWeek } from './attempt-log.ts'
import { type CountedAttempt, counted, type Guess, repeated, uncounted } from './guess.ts'
import type { Lane, Lanes, Reserved, SeenLog } from './lane.ts'
import type { LaneNames } from './lane-names.ts'
import type { LockoutEvents } from './lockout-events.ts'
import type { LockoutSettings } from './lockout-settings.ts'
import type { Networks, Place, SeenNetwork } from './networks.ts'
import { closedSeconds, type LateRefusals, type Refusals } from './refusals.ts'

export interface StrangersParts {
  readonly settings: LockoutSettings
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly emit: EventListener
  readonly lanes: Lanes
  readonly names: LaneNames
  readonly networks: Networks
  readonly sites: Networks
  readonly events: LockoutEvents
  readonly refusals: Refusals
  readonly late: LateRefusals
}

/** A guess in its lane, and what was read for it. */
interface Seen {
  readonly guess: Guess
  readonly lane: Lane
  readonly attempt: Attempt
  readonly log: SeenLog
  readonly networks: readonly SeenNetwork[]
}

export class Strangers {
  readonly #parts: StrangersParts

  constructor(parts: StrangersParts) {
    this.#parts = parts
  }

  /** @throws AuthError `login_locked` (429 with Retry-After). */
  async attempt(scope: UserScope, guess: Guess): Promise<CountedAttempt> {
    const { lanes, settings, refusals } = this.#parts
    const seen = await this.#see(scope, guess)
    const { lane, attempt, log, networks } = seen
    const lockedMs = Math.max(0, ...networks.map((one) => one.kind.lockedFor(one)))
    const verdict = lanes.judge(lane, log, attempt)
    if (settings.mode === 'observe') {
      if (lockedMs > 0 || (verdict.kind !== 'look' && verdict.kind !== 'repeat')) return uncounted
    }
    if (lockedMs > 0) return this.#whileLocked(seen, lockedMs)
    if (verdict.kind === 'repeat') return repeated
    if (verdict.kind !== 'look' && verdict.kind !== 'hidden') throw refusals.of(verdict)
    return this.#reserved(seen, verdict.kind === 'look')
  }

  async #see(scope: UserScope, guess: Guess): Promise<Seen> {
    const { lanes, names } = this.#parts
    const { lane, tag: name } =
      guess.account === null
        ? names.namelessLane(scope, guess.typed)
        : { lane: names.accountLane(scope, guess.account), tag: '' }
    const network = names.tag('network', guess.network)
    const site = names.tag('site', guess.site)
    const attempt = { network, site, name, note: names.note(guess) }
    const [log, ...networks] = await Promise.all([
      lanes.read(lane),
      ...this.#seeNetworks(scope, guess),
    ])
    return { guess, lane, attempt, log, networks }
  }

  #seeNetworks(scope: UserScope, { network, site }: Guess): Promise<SeenNetwork>[] {
    if (network === null) return []
    const { keys, networks, sites } = this.#parts
    const seen = [networks.see(keys(scope, 'login-network', network))]
    if (site !== null && site !== network) seen.push(sites.see(keys(scope, 'login-site', site)))
    return seen
  }

  /** An attempt that is looked at, or the look of the hour at an account that is closed. */
  async #reserved(seen: Seen, isLook: boolean): Promise<CountedAttempt> {
    const { settings, clock, refusals } = this.#parts
    const { guess, lane, attempt, log, networks } = seen
    const isNew = isLook && isNewToday(log.log, attempt, clock())
    const places = isNew ? await this.#take(networks) : []
    const { verdict, reserved } = await this.#reserveIn(lane, log, attempt, places)
    if (verdict.kind === 'repeat') {
      await this.#quietly(() => this.#giveBack(places))
      return repeated
    }
    if (reserved === null || verdict.kind === 'hidden') {
      // Others at the same moment used up what was left.
      await this.#quietly(() => this.#giveBack(places))
      if (settings.mode === 'observe') return uncounted
      if (reserved === null) throw refusals.of(verdict)
      return this.#hidden(guess, reserved)
    }
    return counted({
      failed: async (mayBeRight) => {
        await this.#quietly(async () => {
          try {
            await this.#failed(seen, reserved, places, mayBeRight)
          } finally {
            for (const place of places) place.leave()
          }
        })
        return null
      },
      succeeded: () => this.#succeeded(seen, reserved, places),
      withdrawn: () => this.#withdrawn(reserved, places),
    })
  }

  async #reserveIn(lane: Lane, log: SeenLog, attempt: Attempt, places: readonly Place[]) {
    try {
      return await this.#parts.lanes.reserve(lane, log, attempt)
    } catch (error) {
      await this.#quietly(() => this.#giveBack(places))
      throw error
    }
  }

  async #failed(
    { guess, attempt, networks }: Seen,
    reserved: Reserved,
    places: readonly Place[],
    mayBeRight?: boolean,
  ): Promise<void> {
    const { lanes, events, clock } = this.#parts
    const settled = await lanes.failed(reserved, mayBeRight)
    events.failed(guess, 'account', reserved, settled)
    // Of several at once the first that fails is the account that the network failed at.
    if (!isNewToday(settled.before, attempt, clock())) return this.#giveBack(places)
    const locks = await Promise.all(
      networks.map((one) => {
        const place = places.find(({ network }) => network === one) ?? null
        return one.kind.failed(one, place)
      }),
    )
    const lockMs = Math.max(0, ...locks)
    if (lockMs > 0) events.locked(guess, 'network', lockMs)
  }

  #succeeded({ networks }: Seen, reserved: Reserved, places: readonly Place[]): Promise<void> {
    const { lanes, sites } = this.#parts
    return this.#quietly(async () => {
      try {
        const { before } = await lanes.succeeded(reserved)
        const isNewIn = newInWeek(before, reserved.attempt)
        const counting = networks.filter(({ kind }) =>
          kind === sites ? isNewIn.site : isNewIn.network,
        )
        await Promise.all(counting.map((one) => one.kind.loggedIn(one)))
      } finally {
        await this.#giveBack(places)
      }
    })
  }

  #withdrawn(reserved: Reserved, places: readonly Place[]): Promise<void> {
    return this.#quietly(async () => {
      try {
        await this.#parts.lanes.withdrawn(reserved)
      } finally {
        await this.#giveBack(places)
      }
    })
  }

  /** The look of the hour at an account that is closed to strangers. */
  #hidden({ isReachable }: Guess, reserved: Reserved): CountedAttempt {
    const { lanes, settings, refusals } = this.#parts
    return counted({
      // Where the owner can prove the mailbox, or nobody is to get in, nothing is looked at; but
      // the work is the same, or it would tell that the account is one of those.
      isDecoy: isReachable || settings.withoutRecovery === 'close',
      failed: async () => refusals.locked(closedSeconds),
      succeeded: () => this.#quietly(() => lanes.succeeded(reserved)),
      withdrawn: () => this.#quietly(() => lanes.withdrawn(reserved)),
    })
  }

  /**
   * An attempt from a network that is locked for failing at too many accounts. Whoever has an
   * account that lately logged in from there gets in all the same; but nobody else there sees which
   * those accounts are, because every refusal leaves at the same moment.
   *
   * @throws AuthError `login_locked`: at once, where nobody logged in from there lately.
   */
  async #whileLocked(seen: Seen, lockedMs: number): Promise<CountedAttempt> {
    const { lanes, refusals, late } = this.#parts
    const { lane, attempt, log, networks } = seen
    const refusal = refusals.locked(lockedMs / 1000)
    if (!networks.some((one) => one.kind.hasLogins(one))) throw refusal
    const refused = late.begin(refusal)
    const looking = lanes.reserveUnseen(lane, log, attempt)
    const reserved = await orGoOn('lockout', this.#parts.emit, looking, 'refused')
    if (reserved === null) return refused.refuse()
    return counted({
      evenly: (work) => refused.unless(work),
      failed: async () => refusal,
      succeeded: () => this.#succeeded(seen, reserved, []),
      withdrawn: () => this.#withdrawn(reserved, []),
    })
  }

  /** @throws AuthError `login_locked` where those under way use up what is left. */
  async #take(networks: readonly SeenNetwork[]): Promise<readonly Place[]> {
    const places: Place[] = []
    try {
      for (const network of networks) {
        const place = await network.kind.take(network)
        if (typeof place !== 'number') places.push(place)
        else if (this.#parts.settings.mode === 'enforce') {
          throw this.#parts.refusals.locked(place / 1000)
        }
      }
      return places
    } catch (error) {
      await this.#quietly(() => this.#giveBack(places))
      throw error
    }
  }

  async #giveBack(places: readonly Place[]): Promise<void> {
    await Promise.all(places.map((place) => place.network.kind.giveBack(place)))
  }

  /** The password was looked at: nobody is refused because a clean-up failed. */
  async #quietly(work: () => Promise<unknown>): Promise<void> {
    await orGoOn('lockout', this.#parts.emit, work())
  }
}
