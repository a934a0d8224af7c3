/**
 * One-time records: what a link or a code in a message stands for.
 *
 * The token is opaque and random; only its digest is stored, under a key that has the purpose in
 * it, so that no token is good for another purpose. A record is bound to what it proves: the
 * account, its epoch, its password hash, the address, and what is to be changed. When one of these
 * changes, the record is dead, whatever a storage remembers or brings back. Of many redemptions at
 * once, in whatever processes, the storage lets one have it.
 *
 * Strangers may ask for a message to somebody else as often as they like; `OneTimePlaces` bounds
 * what is live of it.
 */
import { type Random, randomToken, sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn, orUnavailable } from '../storage/outage.ts'
import {
  isAnything,
  isInstant,
  isNumber,
  isText,
  orNull,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import { type Accounts, maxEpoch } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import { type OneTimeClient, OneTimePlaces, type PlaceOwner } from './one-time-places.ts'

export type { OneTimeClient } from './one-time-places.ts'

/** What a record is about. */
export interface OneTimeClaim {
  /** Such as `reset`: a token is good for this alone. */
  readonly purpose: string
  /** The account, as it was read. */
  readonly row: object
  /** The address or number that the message goes to, as it is stored. */
  readonly address: string
  /** What is to happen when it is redeemed. Must survive JSON. */
  readonly data?: unknown
  /** In seconds. */
  readonly lifetime: number
  /**
   * `account` for what has to outlive changes of the credentials, such as a link that undoes one.
   * Default `state`: any such change ends it.
   */
  readonly boundTo?: 'state' | 'account'
}

/** A record that was just made. The token is not known at any other time. */
export interface MadeRecord {
  readonly token: string
  /** By which `findByDigest` finds it; opens nothing. */
  readonly digest: string
  readonly expiresAt: Date
  /** Ends it again, where its message could not be delivered. */
  undo(): Promise<void>
}

/** A record that is live, with the account that it is about. */
export interface LiveRecord {
  /** By which `findByDigest` finds it again; opens nothing. */
  readonly digest: string
  readonly row: object
  readonly address: string
  readonly data: unknown
  /**
   * Takes it, once: of several calls at once, one gets `true`.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  take(): Promise<boolean>
  /** Puts it back, where what was to follow could not be done. */
  restore(): Promise<void>
}

/** What became of a token: `used` is told from `gone`, since only who has it can ask. */
export type FoundRecord = LiveRecord | 'used' | 'gone'

interface StoredRecord {
  /** The account's primary key, as text. */
  readonly user: string
  readonly address: string
  readonly data: unknown
  /** A digest of everything that must not have changed. */
  readonly binding: string
  readonly boundTo: string
  /** The account's epoch when it was made. */
  readonly epoch: number
  /** The tag of the application: two of them may share a namespace by mistake. */
  readonly audience: string
  /** Milliseconds since the epoch. A storage may remember for longer. */
  readonly expiresAt: number
  /** The key of the place that it has, or `null`. */
  readonly place: string | null
}

const recordShape: Shape<StoredRecord> = {
  user: isText,
  address: isText,
  data: isAnything,
  binding: isText,
  boundTo: isText,
  epoch: isNumber,
  audience: isText,
  expiresAt: isInstant,
  place: orNull(isText),
}

export interface OneTimeParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  readonly accounts: Accounts
  /** Tags of the application: the first marks new records, all are accepted. */
  readonly audiences: readonly string[]
  readonly emit: EventListener
}

/** More than an account's epoch rises while a link works: one in 2,048 is mistaken for it. */
const mostChanges = 2 ** 20

const tokenPattern = /^[\w-]{43}$/

export class OneTimeRecords {
  readonly #parts: OneTimeParts
  readonly #record: ReadRecord<StoredRecord>
  readonly #places: OneTimePlaces

  constructor(parts: OneTimeParts) {
    this.#parts = parts
    this.#record = recordReader('one-time', recordShape, parts.emit)
    this.#places = new OneTimePlaces(parts)
  }

  /**
   * Makes a record in a place of the account's. `null` when there is none left for this client.
   *
   * @param client `null` where the application asked: it needs no place.
   * @throws AuthError `storage_unavailable` (503).
   */
  make(
    scope: UserScope,
    claim: OneTimeClaim,
    client: OneTimeClient | null,
  ): Promise<MadeRecord | null> {
    return this.#stored(this.#make(scope, claim, client))
  }

  /**
   * Whether `make` would find a place at this moment: to be asked before anything is counted, so
   * that a request that makes nothing uses up nothing.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  hasPlace(scope: UserScope, claim: OneTimeClaim, client: OneTimeClient): Promise<boolean> {
    return this.#stored(this.#places.isThere(this.#ownerOf(scope, claim), client))
  }

  /**
   * What a token stands for, without using it up.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  find(scope: UserScope, purpose: string, token: string): Promise<FoundRecord> {
    return tokenPattern.test(token)
      ? this.#stored(this.#find(scope, purpose, sha256(token)))
      : Promise.resolve('gone')
  }

  /** The same, of a token whose SHA-256 is at hand. */
  findByDigest(scope: UserScope, purpose: string, digest: string): Promise<FoundRecord> {
    return this.#stored(this.#find(scope, purpose, digest))
  }

  async #make(
    scope: UserScope,
    claim: OneTimeClaim,
    client: OneTimeClient | null,
  ): Promise<MadeRecord | null> {
    const { purpose, row, address, data = null, lifetime, boundTo = 'state' } = claim
    const { storage, clock, random, audiences, accounts } = this.#parts
    const token = randomToken(random, 32)
    const digest = sha256(token)
    const key = this.#key(scope, purpose, digest)
    const user = String(accounts.id(row))
    const binding = this.#binding(row, address, data, boundTo)
    const expiresAt = clock() + lifetime * 1000
    const place =
      client === null
        ? null
        : await this.#places.take(this.#ownerOf(scope, claim), client, key, expiresAt, lifetime)
    if (client !== null && place === null) return null
    const audience = audiences[0] ?? ''
    const bound = { binding, boundTo, epoch: accounts.epoch(row) }
    const record: StoredRecord = { user, address, data, ...bound, audience, expiresAt, place }
    await storage.set(key, JSON.stringify(record), lifetime)
    return {
      token,
      digest,
      expiresAt: new Date(expiresAt),
      undo: () => this.#quietly(this.#end(key, place)),
    }
  }

  async #find(scope: UserScope, purpose: string, digest: string): Promise<FoundRecord> {
    const { storage, clock, audiences, accounts } = this.#parts
    const key = this.#key(scope, purpose, digest)
    const text = await storage.get(key)
    const record = this.#record(text)
    if (text === null || record === null) return this.#isUsed(key)
    const { user, address, data, binding, place, expiresAt } = record
    const isOurs = audiences.includes(record.audience)
    const left = (expiresAt - clock()) / 1000
    if (!isOurs || left <= 0) return 'gone'
    const row = await accounts.byId(user, scope)
    if (row === null) return 'gone'
    if (this.#binding(row, address, data, record.boundTo) !== binding) return 'gone'
    if (!this.#isSameAccount(row, record.epoch)) return 'gone'
    return {
      digest,
      row,
      address,
      data,
      take: () => this.#stored(this.#take(key, place, left)),
      restore: () => this.#quietly(this.#restore(key, text, left)),
    }
  }

  /** The mark comes first: a token is never both gone and not used. */
  async #take(key: string, place: string | null, left: number): Promise<boolean> {
    const { storage } = this.#parts
    await storage.set(usedKey(key), '1', left)
    const taken = await storage.take(key)
    if (taken === null) return false
    await this.#quietly(this.#places.leave(place, key))
    return true
  }

  async #restore(key: string, text: string, left: number): Promise<void> {
    await this.#parts.storage.add(key, text, left)
    await this.#parts.storage.delete(usedKey(key))
  }

  async #end(key: string, place: string | null): Promise<void> {
    await this.#parts.storage.delete(key)
    await this.#places.leave(place, key)
  }

  async #isUsed(key: string): Promise<'used' | 'gone'> {
    return (await this.#parts.storage.get(usedKey(key))) === null ? 'gone' : 'used'
  }

  #ownerOf(scope: UserScope, { purpose, row }: OneTimeClaim): PlaceOwner {
    const user = String(this.#parts.accounts.id(row))
    // The same for every record of an account, whoever asked for it.
    return { scope, purpose, user, state: this.#binding(row, '', null, 'state') }
  }

  #binding(row: object, address: string, data: unknown, boundTo: string): string {
    const { accounts } = this.#parts
    const { id, epoch } = accounts.owner(row)
    if (boundTo === 'account') return sha256(JSON.stringify([id, address, data]))
    const contact = accounts.recoveryContact(row)
    return sha256(JSON.stringify([id, epoch, accounts.hashedPassword(row), contact, address, data]))
  }

  /**
   * Whether a row may be the one that had this epoch, or a later account with its primary key. An
   * epoch that follows the password says nothing of it.
   */
  #isSameAccount(row: object, epoch: number): boolean {
    const { accounts } = this.#parts
    return !accounts.has('tokenVersion') || ((accounts.epoch(row) - epoch) & maxEpoch) < mostChanges
  }

  #key(scope: UserScope, purpose: string, digest: string): string {
    return this.#parts.keys(scope, `one-time-${purpose}`, digest)
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('one_time', this.#parts.emit, work)
  }

  async #quietly(work: Promise<void>): Promise<void> {
    await orGoOn('one_time', this.#parts.emit, work)
  }
}

function usedKey(key: string): string {
  return `${key}:used`
}
