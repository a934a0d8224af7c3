/**
 * Identities of somebody who is signed in: one more, one less, or one that shows once more who they
 * are.
 */
import { freshLogin, type RequireFreshLogin } from '../../credentials/fresh-login.ts'
import { sha256 } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { UserId } from '../../events.ts'
import type { House, Place } from '../../feature.ts'
import type { BuiltGate } from '../../gates.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import type { Principal } from '../../principal.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { type Identities, IdentityTaken, type ProviderIdentity } from '../../users/identities.ts'
import type { UserScope } from '../../users/store.ts'
import { OAuthRefusal } from './errors.ts'
import type { TakenFlow } from './flows.ts'
import type { TellNews } from './news.ts'
import type { ProvidedIdentity } from './profile.ts'
import type { ProviderTokenStore } from './provider-tokens.ts'
import type { Finish } from './web-sign-in.ts'

/** For how long somebody who came back from a provider counts as just proven. Seconds. */
const confirmedSeconds = 300

/** Clocks differ. Milliseconds. */
const toleranceMs = 30_000

/** How long one unlinking may take. Seconds. */
const lockSeconds = 30

type LoginOf = Pick<Principal, 'userId' | 'login'>

export class Links {
  readonly #house: House
  readonly #identities: Identities
  readonly #tokens: ProviderTokenStore | null
  readonly #tell: TellNews
  /** The session that a request comes with. */
  readonly gate: BuiltGate
  /** The same, just proven, where the application has sudo. */
  readonly changing: BuiltGate
  /**
   * Whether whoever wants to change them has just logged in: an identity outlives the session that
   * linked it, and every reset. Sudo has asked before.
   *
   * @throws AuthError `fresh_login_required` (403).
   */
  readonly requireFresh: RequireFreshLogin

  /** @param tokens `null` where none are kept. */
  constructor(
    house: House,
    identities: Identities,
    tokens: ProviderTokenStore | null,
    tell: TellNews,
  ) {
    const transport = house.sessions?.name ?? 'session'
    this.#house = house
    this.#identities = identities
    this.#tokens = tokens
    this.#tell = tell
    this.gate = house.gatekeeper.build({ transport })
    this.changing = house.elevation
      ? house.gatekeeper.build({ transport, elevated: true })
      : this.gate
    this.requireFresh = house.elevation ? () => Promise.resolve() : freshLogin(house)
  }

  /** Ends a flow that was begun to link: the same session brings the answer, or nobody. */
  readonly link: Finish = async (exchange, flow, { identity, named, tokens }, target) => {
    const principal = await this.#sameSession(exchange, flow)
    const { accounts } = this.#house
    const { scope } = exchange
    const { provider } = named
    const { userId } = principal
    let outcome: Awaited<ReturnType<Identities['link']>>
    try {
      outcome = await this.#identities.link(userId, named, scope)
    } catch (error) {
      if (error instanceof IdentityTaken) throw new OAuthRefusal('identity_taken', provider)
      throw error
    }
    if (outcome === 'refused') throw new OAuthRefusal('other_identity', provider)
    const row = await accounts.byId(userId, scope)
    // Somebody ended this login meanwhile: what it linked must not be a way back in.
    const isAlive = row !== null && accounts.isActive(row)
    if (!isAlive || accounts.epoch(row) !== exchange.epochOf(principal.user)) {
      if (outcome === 'linked') await this.#identities.unlink(userId, named, scope)
      throw new OAuthRefusal('session_changed', provider)
    }
    if (outcome === 'linked') this.#tell({ exchange, scope }, { kind: 'linked', provider, row })
    await this.#tokens?.keep(scope, userId, named, tokens)
    await this.#proven(exchange, row, identity)
    return { target, cookies: [] }
  }

  /** Ends a flow that was begun to show once more who somebody is. */
  readonly confirm: Finish = async (exchange, flow, { named, authTime }, target) => {
    const principal = await this.#sameSession(exchange, flow)
    const { accounts, clock, storage } = this.#house
    const owner = await this.#identities.find(named, exchange.scope)
    if (owner === null || String(accounts.id(owner)) !== String(principal.userId)) {
      throw new OAuthRefusal('other_identity', named.provider)
    }
    // A provider that says when the person gave the password there must say: just now.
    if (authTime !== null && authTime < clock() - (confirmedSeconds * 1000 + toleranceMs)) {
      throw new OAuthRefusal('provider_invalid', named.provider, 'the person was not asked again')
    }
    const key = this.#confirmedKey(exchange.scope, principal)
    await this.#stored(storage.set(key, String(clock()), confirmedSeconds))
    return { target, cookies: [] }
  }

  /** Whether this login's owner has just come back from a provider. Once. */
  async takeConfirmation(scope: UserScope, principal: LoginOf): Promise<boolean> {
    const { storage, clock } = this.#house
    const at = await this.#stored(storage.take(this.#confirmedKey(scope, principal)))
    return at !== null && clock() - Number(at) < confirmedSeconds * 1000
  }

  /** The identities of an account, each with a name that opens nothing. */
  async list(scope: UserScope, userId: UserId): Promise<readonly NamedIdentity[]> {
    const found = await this.#identities.list(userId, scope)
    return found.map((identity) => ({ id: handleOf(identity), identity }))
  }

  /**
   * Takes an identity from its account, but not the last way in. One such change of an account at a
   * time: of two at once, each would leave the other's.
   *
   * @throws AuthError `not_found` (404), `oauth_last_identity` (400), `overloaded` (503).
   */
  async unlink(exchange: Exchange, principal: Principal, id: string): Promise<void> {
    const { storage, keys } = this.#house
    const { scope } = exchange
    const lock = keys(scope, 'oauth-unlinking', String(principal.userId))
    if (!(await this.#stored(storage.add(lock, '1', lockSeconds)))) {
      throw new AuthError('overloaded', 'Another change is under way. Try again.', {
        headers: { 'Retry-After': '1' },
      })
    }
    try {
      await this.#unlink(exchange, principal, id)
    } finally {
      await storage.delete(lock).catch(() => undefined)
    }
  }

  async #unlink(exchange: Exchange, { userId }: Principal, id: string): Promise<void> {
    const { accounts } = this.#house
    const { scope } = exchange
    const linked = await this.list(scope, userId)
    const found = linked.find((one) => one.id === id)
    const row = await accounts.byId(userId, scope)
    if (found === undefined || row === null) throw new AuthError('not_found', 'Identity not found.')
    if (linked.length === 1 && isUnusable(accounts.verifiableHash(row))) {
      throw new AuthError(
        'oauth_last_identity',
        'This is the only way into the account. Set a password, or link another provider first.',
      )
    }
    if (!(await this.take({ exchange, scope }, userId, found.identity))) {
      throw new AuthError('not_found', 'Identity not found.')
    }
  }

  /** Takes an identity from its account, whatever is left. */
  async take(
    { exchange, scope }: Place,
    userId: UserId,
    identity: ProviderIdentity,
    actor?: UserId,
  ): Promise<boolean> {
    if (!(await this.#identities.unlink(userId, identity, scope))) return false
    const { provider } = identity
    await this.#tokens?.forget(scope, userId, provider)
    const row = await this.#house.accounts.byId(userId, scope)
    if (row !== null) this.#tell({ exchange, scope }, { kind: 'unlinked', provider, row, actor })
    return true
  }

  async #sameSession(exchange: Exchange, { purpose, provider }: TakenFlow): Promise<Principal> {
    const refused = new OAuthRefusal('session_changed', provider)
    if (purpose.kind !== 'link' && purpose.kind !== 'confirm') throw refused
    let principal: Principal | null
    try {
      principal = await this.#house.gatekeeper.admit(exchange, this.gate)
    } catch (error) {
      if (error instanceof AuthError && error.status < 500) throw refused
      throw error
    }
    if (principal === null || String(principal.userId) !== purpose.user) throw refused
    if (principal.login !== purpose.login) throw refused
    return principal
  }

  /** A verifying provider's word for the account's own address, brought by a login of it. */
  async #proven(exchange: Exchange, row: object, identity: ProvidedIdentity): Promise<void> {
    const { accounts, mailboxProof } = this.#house
    const isOwn = identity.email !== null && identity.email === accounts.recoveryContact(row)
    if (!isOwn || !identity.isEmailProven || accounts.isVerified(row)) return
    await mailboxProof.keep(exchange.scope, row, hookContext(exchange, 'oauth'))
  }

  #confirmedKey(scope: UserScope, { userId, login }: LoginOf): string {
    return this.#house.keys(scope, 'oauth-confirmed', sha256(`${userId}:${login}`))
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('oauth', this.#house.emit, work)
  }
}

/** An identity, and a name for it that says nothing of it. */
export interface NamedIdentity {
  readonly id: string
  readonly identity: ProviderIdentity
}

function handleOf({ provider, subject, issuer = '' }: ProviderIdentity): string {
  return sha256(JSON.stringify([provider, issuer, subject]))
}
