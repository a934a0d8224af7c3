/**
 * The users table in the library's own words: logical fields over the application's columns.
 *
 * It is decided here, once for all adapters: what a column means, which form of a value is
 * compared, what a missing column counts as (everybody is active, nobody is a superuser or
 * verified), and that the password hash never leaves.
 */
import type { Random } from '../crypto.ts'
import type { Eventually } from '../eventually.ts'
import type { Principal, PrincipalFacts } from '../principal.ts'
import { Flags } from './flags.ts'
import type { Identity } from './identity.ts'
import { contactLookups, findEach, loginLookups } from './lookups.ts'
import { type NewAccount, newRow } from './new-row.ts'
import type { LogicalField, UserScope, UserStore, UserTypes } from './store.ts'

type Row = UserTypes['row']
type Values = Readonly<Record<string, unknown>>

/** What a credential is bound to. */
export interface CredentialOwner {
  /** The primary key, as text. */
  readonly id: string
  /**
   * The user's `tokenVersion`, or what is worked out from the password hash where the table has
   * none.
   */
  readonly epoch: number
}

/**
 * Epochs for tables without `tokenVersion`, worked out from the stored hash; see
 * `passwords/epochs.ts`.
 */
export interface HashEpochs {
  epoch(id: string, stored: string | null): number
  /** The salt with which another hash keeps this epoch. */
  salt(id: string, stored: string | null): Uint8Array | null
}

/** Stands in place of a password hash while an account is frozen; no password has it. */
export const frozenMark = '!frozen.'

/** Stands before a password hash whose owner has to choose another password. */
const changeMark = '!change.'

const noScopes: readonly string[] = Object.freeze([])

/** Epochs are 31-bit, so that every database's plain integer holds them. */
export const maxEpoch = 0x7fffffff

/** A uniform 31-bit integer: a primary key that is used again revives no credential. */
export function randomEpoch(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4)
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 1) & maxEpoch
}

export class Accounts {
  readonly store: UserStore
  readonly identity: Identity
  /** A primary key in its own type, from text; `null` for what cannot be one. */
  readonly parseId: (text: string) => string | number | bigint | null
  readonly #flags: Flags
  readonly #idProperty: string
  readonly #hashProperty: string
  /** `null` where the table has a column for the epoch. */
  readonly #hashEpochs: HashEpochs | null
  /** The hashes of users that were given out without theirs, to tell their epochs by. */
  readonly #hashes: WeakMap<object, string | null> = new WeakMap()

  constructor(
    store: UserStore,
    identity: Identity,
    hashEpochs: HashEpochs,
    clock: () => number = Date.now,
  ) {
    this.store = store
    this.#flags = new Flags(store, clock)
    this.#hashEpochs = store.map.tokenVersion === undefined ? hashEpochs : null
    this.identity = identity
    this.#idProperty = store.map.id ?? 'id'
    this.#hashProperty = store.map.hashedPassword ?? 'hashedPassword'
    this.parseId = idParser(store.columns.get(this.#idProperty)?.type)
  }

  has(field: LogicalField): boolean {
    return this.store.map[field] !== undefined
  }

  /** The user with this primary key, given as text or in its own type. */
  byId(id: string | number | bigint, scope: UserScope): Eventually<Row | null> {
    const key = typeof id === 'string' ? this.parseId(id) : id
    return key === null ? null : this.store.find(this.#idProperty, key, scope)
  }

  /**
   * The user whom a typed identifier means: the login fields are tried in their order, the first
   * match wins.
   */
  async byIdentifier(identifier: string, scope: UserScope): Promise<Row | null> {
    const rows = await findEach(this.store, loginLookups(this.identity, identifier), scope)
    return rows.find((row) => row !== null) ?? null
  }

  /**
   * Inserts an account. May reject with `UniqueViolation`.
   *
   * @param epoch Its first `tokenVersion`.
   * @param write Inserts the row in another way, such as together with an identity at a provider.
   */
  create(
    account: NewAccount,
    epoch: number,
    scope: UserScope,
    during?: (transaction: unknown, row: Row) => void | Promise<void>,
    write: UserStore['insert'] = (values, ...rest) => this.store.insert(values, ...rest),
  ): Promise<Row> {
    return write(this.newRow(account, epoch), scope, during)
  }

  /** The values of a new account's row, by property; see `create`. */
  newRow(account: NewAccount, epoch: number): Values {
    const version = this.storedEpoch(epoch)
    return newRow(this.store, this.identity, this.#flags, account, version)
  }

  /** Replaces a password hash, unless somebody else replaced it since it was read. */
  replaceHash(row: Row, hashedPassword: string, scope: UserScope): Promise<boolean> {
    const property = this.#hashProperty
    const when = { [property]: this.hashedPassword(row) }
    return this.store.update(this.id(row), { [property]: hashedPassword }, scope, when)
  }

  id(row: Row): string | number | bigint {
    return (row as Values)[this.#idProperty] as string | number | bigint
  }

  /** The row with another password hash. */
  withHash(row: Row, hashedPassword: string): Row {
    return { ...row, [this.#hashProperty]: hashedPassword }
  }

  /**
   * The salt for a new hash of the same password, so that it ends no credential; `undefined` where
   * a random one does not, or where there is nothing to keep.
   */
  saltToKeep(row: Row): Uint8Array | undefined {
    return this.#hashEpochs?.salt(String(this.id(row)), this.hashedPassword(row)) ?? undefined
  }

  /** Whose credentials they are, and which generation of them. */
  owner(row: Row): CredentialOwner {
    return { id: String(this.id(row)), epoch: this.epoch(row) }
  }

  /**
   * The same for a user object that the application passes in. If the library returned that very
   * object, its epoch is the one of that moment. For a copy, a table without an epoch column needs
   * the row to be read again.
   *
   * @throws Error when there is no such user.
   */
  async ownerOf(user: Row, scope: UserScope): Promise<CredentialOwner> {
    if (this.#knowsEpoch(user)) return this.owner(user)
    const row = await this.byId(this.id(user), scope)
    if (row === null) throw new Error('crudauth: this user is not in the users table')
    return this.owner(row)
  }

  /** What is stored, marks and all: for conditional updates. */
  hashedPassword(row: Row): string | null {
    const value = (row as Values)[this.#hashProperty]
    return typeof value === 'string' ? value : null
  }

  /** What a password is verified against, also where its owner has to choose another one. */
  verifiableHash(row: Row): string | null {
    const stored = this.hashedPassword(row)
    return stored?.startsWith(changeMark) ? stored.slice(changeMark.length) : stored
  }

  /** Whether the password proves who somebody is, and gives nobody in. */
  mustChangePassword(row: Row): boolean {
    return this.hashedPassword(row)?.startsWith(changeMark) ?? false
  }

  /**
   * A hash whose owner has to choose another password. A version that does not know the mark takes
   * the account for one without a password.
   *
   * @throws RangeError where the column has no room for it.
   */
  markedForChange(hash: string): string {
    const marked = `${changeMark}${hash}`
    const { column, maxLength = marked.length } = this.store.columns.get(this.#hashProperty) ?? {}
    if (marked.length <= maxLength) return marked
    throw new RangeError(
      `crudauth: the column '${column}' takes ${maxLength} characters, and a hash whose password must be changed has ${marked.length}; make it varchar(255)`,
    )
  }

  /** What to write for another password hash, or to expect of a row for it. */
  passwordValues(hash: string | null): Values {
    return { [this.#hashProperty]: hash }
  }

  /**
   * The epoch of the user's credentials: 0 where the row has none in its column, and without a
   * column what the stored hash comes to.
   *
   * @throws Error when the stored epoch is not a whole number: counting it as 0 would revoke
   *   nothing.
   */
  epoch(row: Row): number {
    if (this.#hashEpochs) return this.#hashEpochs.epoch(String(this.id(row)), this.#hashOf(row))
    const value = this.#read(row, 'tokenVersion') ?? 0
    // Some drivers hand a bigint over as its digits.
    const isDigits = typeof value === 'string' && /^\d{1,16}$/.test(value)
    const epoch = typeof value === 'bigint' || isDigits ? Number(value) : value
    if (Number.isSafeInteger(epoch)) return epoch as number
    throw new Error(
      `crudauth: '${this.store.map.tokenVersion}' of a user is ${typeof value}, not a whole number`,
    )
  }

  /** An epoch in the type of its column. */
  storedEpoch(epoch: number): number | bigint {
    const column = this.store.columns.get(this.store.map.tokenVersion ?? '')
    return column?.type === 'bigint' ? BigInt(epoch) : epoch
  }

  isActive(row: Row): boolean {
    return this.isEnabled(row) && !this.isFrozen(row)
  }

  /** Whether nobody is let in until it is clear whose account it is. */
  isFrozen(row: Row): boolean {
    return this.hashedPassword(row)?.startsWith(frozenMark) ?? false
  }

  /** What the column says, frozen or not. */
  isEnabled(row: Row): boolean {
    return this.has('isActive') ? this.#flags.isSet(row, this.store.map.isActive) : true
  }

  /** What is written to disable a user, or to enable one. */
  activation(isActive: boolean): Values {
    return this.#flags.written([[this.store.map.isActive, isActive]])
  }

  /** A login field's value, by its wire name; `null` when the table or the row lacks it. */
  text(row: Row, field: LogicalField): string | null {
    const value = this.#read(row, field)
    return typeof value === 'string' ? value : null
  }

  /** The address or number by which the account is recovered, as it is stored. */
  recoveryContact(row: Row): string | null {
    const { recovery } = this.identity
    const value = recovery && (row as Values)[recovery.property]
    return typeof value === 'string' && value !== '' ? value : null
  }

  /** Whether it is proven that the owner of the account reads what is sent there. */
  isVerified(row: Row): boolean {
    return this.#flags.isSet(row, this.identity.verifiedProperty)
  }

  /** What to write for a contact that its owner has proven. */
  provenContact(contact: string): Values {
    const { recovery } = this.identity
    const value = recovery === null ? {} : { [recovery.property]: recovery.canonical(contact) }
    return { ...value, ...this.verifiedValues(true) }
  }

  /** What to write into a row whose contact is proven, or is not any more. */
  verifiedValues(isVerified: boolean): Values {
    return this.#flags.written([[this.identity.verifiedProperty, isVerified]])
  }

  /**
   * The values with which a row was read that a proof of its contact stands on: for conditional
   * updates.
   */
  provenState(row: Row): Record<string, unknown> {
    const { recovery, verifiedProperty } = this.identity
    const properties = [
      recovery?.property,
      // What says so may be a moment that the database knows more exactly than we do.
      this.isVerified(row) ? null : verifiedProperty,
      this.#hashProperty,
      this.store.map.tokenVersion,
    ]
    return Object.fromEntries(
      properties.flatMap((property) =>
        property ? [[property, (row as Values)[property]] as const] : [],
      ),
    )
  }

  /** The user whom a typed address or number means, as `byIdentifier` does for login fields. */
  async byRecoveryContact(typed: string, scope: UserScope): Promise<Row | null> {
    const rows = await findEach(this.store, contactLookups(this.identity, typed), scope)
    return rows.find((row) => row !== null) ?? null
  }

  /** Everything by which this user could log in. */
  identifiers(row: Row): string[] {
    return this.identity.login
      .map(({ property }) => (row as Values)[property])
      .filter((value) => typeof value === 'string')
  }

  /** The row as the application may see it: a frozen copy without the password hash. */
  user(row: Row): Row {
    const user: Record<string, unknown> = {}
    // A rest pattern would do the same; engines make a slow dictionary of what it leaves.
    for (const property in row) {
      if (property === this.#hashProperty || !Object.hasOwn(row, property)) continue
      user[property] = (row as Values)[property]
    }
    if (this.#hashEpochs && this.#knowsEpoch(row)) this.#hashes.set(user, this.#hashOf(row))
    return Object.freeze(user)
  }

  principal(row: Row, facts: PrincipalFacts): Principal {
    const { map } = this.store
    const userId = this.id(row)
    return Object.freeze({
      userId,
      user: this.user(row),
      transport: facts.transport,
      scopes: facts.scopes?.length ? Object.freeze([...facts.scopes]) : noScopes,
      isSuperuser: this.#flags.isSet(row, map.isSuperuser),
      emailVerified: this.#flags.isSet(row, map.emailVerified),
      recoveryVerified: this.#flags.isSet(row, this.identity.verifiedProperty),
      login: facts.login ?? String(userId),
      metadata: Object.freeze({ ...facts.metadata }),
    })
  }

  #knowsEpoch(user: Row): boolean {
    return this.#hashEpochs === null || this.#hashProperty in user || this.#hashes.has(user)
  }

  /** The hash of a row, or of a user that was made of one. */
  #hashOf(row: Row): string | null {
    if (!this.#knowsEpoch(row))
      throw new Error('crudauth: a copy of a user does not tell its epoch')
    return this.#hashes.get(row) ?? this.hashedPassword(row)
  }

  #read(row: Row, field: LogicalField): unknown {
    const property = this.store.map[field]
    return property === undefined ? undefined : (row as Values)[property]
  }
}

function idParser(type: string | undefined): (text: string) => string | number | bigint | null {
  if (type === 'number') {
    return (text) => (/^-?(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : null)
  }
  if (type === 'bigint')
    return (text) => (/^-?(?:0|[1-9]\d{0,18})$/.test(text) ? BigInt(text) : null)
  return (text) => text
}
