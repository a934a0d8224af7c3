/**
 * New accounts for people who come from a provider: by the one way to a new account, with a
 * username that is derived, without a password, and with their identity from the first moment.
 */
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Identities, IdentityTaken, type ProviderIdentity } from '../../users/identities.ts'
import { UniqueViolation } from '../../users/store.ts'
import type { ProvidedIdentity } from './profile.ts'
import { usernameOf, usernamesFrom } from './usernames.ts'

/**
 * What a provider says of somebody who gets a new account: `profile` of
 * `registration.newUserFields`.
 */
export interface NewUserProfile {
  /** The name under which the provider is configured. */
  readonly provider: string
  readonly issuer: string
  readonly subject: string
  /** In canonical form. */
  readonly email: string | null
  /** Whether the provider's word proves the address. */
  readonly emailVerified: boolean
  readonly name: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly username: string | null
  /** An `https` address. */
  readonly picture: string | null
}

export class Newcomers {
  readonly #house: House
  readonly #identities: Identities
  readonly #hasUsername: boolean
  readonly #hasEmail: boolean
  readonly #recoversByEmail: boolean

  constructor(house: House, identities: Identities) {
    const { login, contact, recovery } = house.accounts.identity
    this.#house = house
    this.#identities = identities
    this.#hasUsername = login.some(({ name }) => name === 'username')
    this.#hasEmail = [...login, contact].some((field) => field?.name === 'email')
    this.#recoversByEmail = recovery?.name === 'email'
  }

  /**
   * The new account's row; `null` where somebody else was quicker, with the identity or the
   * address.
   *
   * @throws what the hooks throw; the account stays, unless it was `registering`.
   */
  async create(
    exchange: Exchange,
    identity: ProvidedIdentity,
    named: ProviderIdentity,
    isProven: boolean,
  ): Promise<object | null> {
    const row = await this.#inserted(exchange, identity, named, isProven)
    if (row === null) return null
    const { accounts, newAccounts, newcomers } = this.#house
    const place = placeOf(exchange)
    newAccounts.tell(place, row)
    await newAccounts.settle(place, row, null)
    if (!accounts.isVerified(row)) newcomers?.welcome(exchange, row)
    await newAccounts.finish(place, row)
    return row
  }

  async #inserted(
    exchange: Exchange,
    identity: ProvidedIdentity,
    named: ProviderIdentity,
    isProven: boolean,
  ): Promise<object | null> {
    const { accounts } = this.#house
    const { scope } = exchange
    const email = this.#hasEmail ? identity.email : null
    const fields: Record<string, string> = email === null ? {} : { email }
    if (!this.#hasUsername) return this.#insert(exchange, identity, named, isProven, fields)
    for (const username of usernamesFrom(usernameOf(identity), this.#house.random)) {
      if ((await accounts.byIdentifier(username, scope)) !== null) continue
      try {
        return await this.#insert(exchange, identity, named, isProven, { ...fields, username })
      } catch (error) {
        if (!(error instanceof UniqueViolation)) throw error
        // Of two newcomers of one name the other was quicker, or somebody got the address.
        if (email !== null && (await accounts.byIdentifier(email, scope)) !== null) return null
        if ((await accounts.byIdentifier(username, scope)) === null) throw error
      }
    }
    return null
  }

  async #insert(
    exchange: Exchange,
    identity: ProvidedIdentity,
    named: ProviderIdentity,
    isProven: boolean,
    fields: Readonly<Record<string, string>>,
  ): Promise<object | null> {
    const { newAccounts } = this.#house
    const place = placeOf(exchange)
    const prepared = await newAccounts.prepare(place, {
      fields,
      password: null,
      source: 'oauth',
      extra: {},
      data: null,
      profile: profileOf(identity, named.provider),
      isProven: isProven && this.#recoversByEmail,
    })
    const isKept = this.#isKept(fields, prepared.own ?? {})
    try {
      return await newAccounts.insert(
        place,
        { ...prepared, isProven: prepared.isProven && isKept },
        {
          write: (values, scope, during) => this.#identities.insert(values, named, scope, during),
        },
      )
    } catch (error) {
      if (error instanceof IdentityTaken) return null
      throw error
    }
  }

  /** An address that the application put in the place of the provider's is another one. */
  #isKept(
    { email }: Readonly<Record<string, string>>,
    own: Readonly<Record<string, unknown>>,
  ): boolean {
    const { contact } = this.#house.accounts.identity
    const provided = contact === null ? undefined : own[contact.property]
    return email !== undefined && (provided === undefined || provided === email)
  }
}

function placeOf(exchange: Exchange) {
  return { exchange, scope: exchange.scope, transport: 'oauth' }
}

/** What `newUserFields` is told. */
function profileOf(identity: ProvidedIdentity, provider: string): NewUserProfile {
  const { isEmailProven, ...rest } = identity
  return Object.freeze({ ...rest, provider, emailVerified: isEmailProven })
}
