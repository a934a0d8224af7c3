/**
 * How many messages leave, and at whose request.
 *
 * What strangers can use up must not keep the owner's message from leaving. So strangers and those
 * whom the account knows have budgets of their own; a network that asks for many people is held to
 * the first message of an hour to each; and nobody's first message of an hour is ever refused.
 * Nothing here is told to who asks: the answer has gone out before.
 */
import { sha256 } from '../../crypto.ts'
import type { Ground } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { unknownClients } from '../../limits/rate-limits.ts'
import type { UserScope } from '../../users/store.ts'
import type { RecoverySettings } from './options.ts'

/** The hour of which the first message always leaves. Seconds. */
const hour = 3600
/** So many budgets may be given back in the time of one: an outage uses up nothing. */
const mostFailed = 10
/** No network is called so. */
const unknownNetwork = 'unknown'

export class MessageBudgets {
  readonly #limits: RecoverySettings['limits']
  readonly #ground: Ground

  constructor(limits: RecoverySettings['limits'], ground: Ground) {
    this.#limits = limits
    this.#ground = ground
  }

  /**
   * Counts a request for a message of this kind to this account, or to somebody who may not exist.
   * `false` when it is one too many.
   *
   * @param account `null` where there is none; what was typed is then counted for the network only.
   */
  async allows(
    exchange: Exchange,
    purpose: string,
    { typed, account, isKnown }: { typed: string; account: string | null; isKnown: boolean },
  ): Promise<boolean> {
    const { storage } = this.#ground
    const { scope } = exchange
    const isWithin = isKnown || (await this.#isWithinNetwork(exchange, typed))
    if (account === null) return false
    const firstKey = this.#firstKey(scope, purpose, account)
    if (!isWithin && (await storage.get(firstKey)) !== null) return false
    const { times, seconds } = isKnown ? this.#limits.known : this.#limits.strangers
    const key = this.#laneKey(scope, purpose, account, isKnown)
    const { allowed } = await storage.spend(key, times, seconds)
    if (allowed) await storage.set(firstKey, '1', hour)
    return allowed
  }

  /**
   * Gives back what was counted for a message that no channel took. Not without end: a channel that
   * hands a message over and then fails would send as often as strangers ask.
   */
  async giveBack(
    scope: UserScope,
    purpose: string,
    account: string,
    isKnown: boolean,
  ): Promise<void> {
    const { storage } = this.#ground
    const { times, seconds } = isKnown ? this.#limits.known : this.#limits.strangers
    const key = this.#laneKey(scope, purpose, account, isKnown)
    const { allowed } = await storage.spend(`${key}:failed`, mostFailed * times, seconds)
    if (!allowed) return
    await storage.delete(this.#firstKey(scope, purpose, account))
    await storage.giveBack(key, times, seconds)
  }

  /** What was used up counts no more: the owner has proven the mailbox. */
  async forget(scope: UserScope, purpose: string, account: string): Promise<void> {
    const { storage } = this.#ground
    await Promise.all([
      storage.delete(this.#firstKey(scope, purpose, account)),
      ...[true, false].map((isKnown) =>
        storage.delete(this.#laneKey(scope, purpose, account, isKnown)),
      ),
    ])
  }

  /** Counts different people, not requests: asking twice for oneself is nothing. */
  async #isWithinNetwork(exchange: Exchange, typed: string): Promise<boolean> {
    const { storage, keys } = this.#ground
    // Those whose address is unknown share the budget of several networks.
    const { network = unknownNetwork } = exchange.address ?? {}
    const { scope } = exchange
    const { seconds } = this.#limits.network
    const times = this.#limits.network.times * (network === unknownNetwork ? unknownClients : 1)
    const key = keys(scope, 'recovery-network', network)
    // Asked first, so that whoever goes on asking writes nothing more.
    if ((await storage.count(key)) > times) return false
    const pair = keys(scope, 'recovery-asked', `${network}:${sha256(typed)}`)
    if (!(await storage.add(pair, '1', seconds))) return (await storage.count(key)) <= times
    return (await storage.increment(key, seconds)) <= times
  }

  #firstKey(scope: UserScope, purpose: string, account: string): string {
    return this.#ground.keys(scope, `recovery-first-${purpose}`, account)
  }

  #laneKey(scope: UserScope, purpose: string, account: string, isKnown: boolean): string {
    const lane = isKnown ? 'known' : 'strangers'
    return this.#ground.keys(scope, `recovery-${lane}-${purpose}`, account)
  }
}
