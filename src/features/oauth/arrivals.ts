/**
 * Somebody has come back from a provider: the account that they get. What is decided in
 * `decision.ts` is done here, each time under the condition that it was decided on; where somebody
 * else was quicker, it is decided again.
 */
import { Acquaintance } from '../../credentials/acquaintance.ts'
import { unusablePassword } from '../../credentials/new-accounts.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import { type Identities, IdentityTaken, type ProviderIdentity } from '../../users/identities.ts'
import { type AddressOwner, type Decision, decide, type KnownAccount } from './decision.ts'
import { OAuthRefusal } from './errors.ts'
import { Newcomers } from './newcomers.ts'
import type { TellNews } from './news.ts'
import type { ProvidedIdentity } from './profile.ts'

/** Each round that is lost is one that somebody else won. */
const maxRounds = 5

export class Arrivals {
  readonly #house: House
  readonly #identities: Identities
  readonly #takesNewcomers: boolean
  readonly #tell: TellNews
  readonly #acquaintance: Acquaintance
  readonly #newcomers: Newcomers
  /** The field of the address, where there is one that is unique. */
  readonly #property: string | null
  readonly #needsAddress: boolean
  /** Whether a column says of addresses whether somebody has proven them. */
  readonly #knowsProofs: boolean

  constructor(house: House, identities: Identities, takesNewcomers: boolean, tell: TellNews) {
    const { identity } = house.accounts
    const fields = [identity.recovery, ...identity.login]
    this.#house = house
    this.#identities = identities
    this.#takesNewcomers = takesNewcomers
    this.#tell = tell
    this.#acquaintance = new Acquaintance(house)
    this.#newcomers = new Newcomers(house, identities)
    this.#property = fields.find((field) => field?.name === 'email')?.property ?? null
    this.#knowsProofs = identity.recovery?.name === 'email' && identity.verifiedProperty !== null
    const column = house.accounts.store.columns.get(this.#property ?? '')
    const logsIn = identity.login.some(({ name }) => name === 'email')
    this.#needsAddress = logsIn || (column !== undefined && !column.nullable && !column.hasDefault)
  }

  /**
   * The row of the account that this person gets in to: theirs, one that is linked by it, or a new
   * one. Signs nobody in.
   *
   * @throws OAuthRefusal, and what hooks throw.
   */
  async accountOf(
    exchange: Exchange,
    provider: string,
    identity: ProvidedIdentity,
    named: ProviderIdentity,
  ): Promise<object> {
    for (let round = 0; round < maxRounds; round++) {
      const known = await this.#identities.find(named, exchange.scope)
      const owner = known === null ? await this.#owner(exchange, identity.email) : null
      const decision = decide({
        known: known && (await this.#standing(exchange, known, identity)),
        address: identity.email === null ? 'none' : identity.isEmailProven ? 'proven' : 'unproven',
        owner: owner && (await this.#facts(exchange, owner, named)),
        needsAddress: this.#needsAddress,
        takesNewcomers: this.#takesNewcomers,
      })
      const row = await this.#carriedOut(decision, exchange, identity, named, known ?? owner)
      if (row !== null) return row
    }
    throw new OAuthRefusal('account_exists', provider)
  }

  /** `null` where somebody else was quicker. */
  async #carriedOut(
    decision: Decision,
    exchange: Exchange,
    identity: ProvidedIdentity,
    named: ProviderIdentity,
    account: object | null,
  ): Promise<object | null> {
    if (decision.kind === 'refuse') throw new OAuthRefusal(decision.reason, named.provider)
    if (decision.kind === 'create') {
      return this.#newcomers.create(exchange, identity, named, decision.isProven)
    }
    if (account === null) return null
    const { proves } = decision
    const drops = decision.kind === 'link' && decision.drops
    const row = await this.#proven(exchange, account, { proves, drops })
    return row && decision.kind === 'link' ? this.#linked(exchange, row, named) : row
  }

  /** The account as it is when nothing in it is left that somebody else could have planted. */
  async #proven(
    exchange: Exchange,
    row: object,
    { drops, proves }: { readonly drops: boolean; readonly proves: boolean },
  ): Promise<object | null> {
    const { accounts, mailboxProof, random } = this.#house
    const { scope } = exchange
    if (!proves) return row
    const context = hookContext(exchange, 'oauth')
    if (drops) return mailboxProof.drop(scope, row, unusablePassword(random), context)
    if (!(await mailboxProof.keep(scope, row, context))) return null
    return accounts.byId(accounts.id(row), scope)
  }

  async #linked(exchange: Exchange, row: object, named: ProviderIdentity): Promise<object | null> {
    const { accounts } = this.#house
    const { scope } = exchange
    const userId = accounts.id(row)
    try {
      const outcome = await this.#identities.link(userId, named, scope)
      if (outcome === 'refused') return null
    } catch (error) {
      if (error instanceof IdentityTaken) return null
      throw error
    }
    const { provider } = named
    const linked = await accounts.byId(userId, scope)
    if (linked) this.#tell({ exchange, scope }, { kind: 'linked', provider, row: linked })
    return linked
  }

  /** Whoever has the address, in any field by which it would be found. */
  async #owner({ scope }: Exchange, email: string | null): Promise<object | null> {
    const { accounts } = this.#house
    if (email === null || this.#property === null) return null
    const owner = await accounts.store.find(this.#property, email, scope)
    return owner ?? accounts.byIdentifier(email, scope)
  }

  /** Looks no further than it matters: nothing is asked of a proven account. */
  async #standing(
    exchange: Exchange,
    row: object,
    { email, isEmailProven }: ProvidedIdentity,
  ): Promise<KnownAccount> {
    const { accounts } = this.#house
    const isOwn = email !== null && email === accounts.recoveryContact(row)
    const isUnproven = this.#knowsProofs && isOwn && isEmailProven && !accounts.isVerified(row)
    if (!isUnproven) return { isUnproven, isAtHand: false, hasOtherWays: true, isActive: true }
    const linked = await this.#identities.list(accounts.id(row), exchange.scope)
    return {
      isUnproven,
      isAtHand: await this.#acquaintance.ownsPassword(exchange, row),
      hasOtherWays: linked.length > 1 || !isUnusable(accounts.verifiableHash(row)),
      isActive: accounts.isActive(row),
    }
  }

  async #facts(
    exchange: Exchange,
    row: object,
    { provider }: ProviderIdentity,
  ): Promise<AddressOwner> {
    const { accounts } = this.#house
    const linked = await this.#identities.list(accounts.id(row), exchange.scope)
    return {
      contact: !this.#knowsProofs ? 'unknown' : accounts.isVerified(row) ? 'proven' : 'unproven',
      isAtHand: await this.#acquaintance.ownsPassword(exchange, row),
      hasOtherIdentity: linked.some((one) => one.provider === provider),
      isActive: accounts.isActive(row),
      hasItAsContact: accounts.recoveryContact(row) !== null && this.#hasAddress(row),
    }
  }

  /** Whether it is the account's own address, and not a username that is spelled like one. */
  #hasAddress(row: object): boolean {
    const { accounts } = this.#house
    const value = (row as Record<string, unknown>)[this.#property ?? '']
    return typeof value === 'string' && value === accounts.recoveryContact(row)
  }
}
