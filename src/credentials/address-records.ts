/**
 * One-time records about an address that has no account yet: an invitation, or a link with which
 * somebody whose chosen name was taken chooses another.
 *
 * As for `one-time.ts`, the token is opaque and random, only its digest is stored, and of many
 * redemptions at once one has it. There is no account whose state could end it: it ends by its
 * lifetime, its use, or whoever made it.
 */
import { type Random, randomToken, sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn, orUnavailable } from '../storage/outage.ts'
import {
  isAnything,
  isInstant,
  isText,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import type { UserScope } from '../users/store.ts'

interface StoredRecord {
  /** In canonical form. */
  readonly contact: string
  readonly data: unknown
  /** The tag of the application. */
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const shape: Shape<StoredRecord> = {
  contact: isText,
  data: isAnything,
  audience: isText,
  expiresAt: isInstant,
}

/** A record that was just made. */
export interface MadeAddressRecord {
  /** Names it; opens nothing. */
  readonly id: string
  readonly token: string
  readonly expiresAt: Date
  /** Ends it again, where its message could not be delivered. */
  undo(): Promise<void>
}

/** A record that is live. */
export interface LiveAddressRecord {
  readonly id: string
  readonly contact: string
  readonly data: unknown
  /** Uses it up: of several calls at once, one gets `true`. */
  take(): Promise<boolean>
  /** Puts it back, where what was to follow could not be done. */
  restore(): Promise<void>
}

export interface AddressRecordParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  /** Tags of the application: the first marks new records, all are accepted. */
  readonly audiences: readonly string[]
  readonly emit: EventListener
}

export class AddressRecords {
  readonly #parts: AddressRecordParts
  readonly #kind: string
  readonly #mostTries: number
  readonly #read: ReadRecord<StoredRecord>

  /**
   * @param kind Names them in the storage: a token of one kind is good for no other.
   * @param mostTries How often one may be looked at, where that tells something.
   */
  constructor(parts: AddressRecordParts, kind: string, mostTries: number) {
    this.#parts = parts
    this.#kind = kind
    this.#mostTries = mostTries
    this.#read = recordReader(kind, shape, parts.emit)
  }

  /**
   * @param lifetime In seconds.
   * @throws AuthError `storage_unavailable` (503).
   */
  async make(
    scope: UserScope,
    contact: string,
    lifetime: number,
    data: unknown = null,
  ): Promise<MadeAddressRecord> {
    const { random, clock, audiences, storage, emit } = this.#parts
    const token = randomToken(random, 32)
    const id = sha256(token)
    const key = this.#key(scope, id)
    const expiresAt = clock() + lifetime * 1000
    const stored: StoredRecord = { contact, data, audience: audiences[0] ?? '', expiresAt }
    await this.#stored(storage.set(key, JSON.stringify(stored), lifetime))
    return {
      id,
      token,
      expiresAt: new Date(expiresAt),
      undo: () => orGoOn('one_time', emit, storage.delete(key)).then(() => undefined),
    }
  }

  /**
   * What a token stands for, without using it up; `null` for nothing that is live.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  find(scope: UserScope, token: string): Promise<LiveAddressRecord | null> {
    return this.findById(scope, sha256(token))
  }

  /** The same, of a token whose SHA-256 is at hand. */
  async findById(scope: UserScope, id: string): Promise<LiveAddressRecord | null> {
    const { storage, clock, audiences, emit } = this.#parts
    const key = this.#key(scope, id)
    const text = await this.#stored(storage.get(key))
    const record = this.#read(text)
    const left = record === null ? 0 : (record.expiresAt - clock()) / 1000
    if (text === null || record === null || left <= 0) return null
    if (!audiences.includes(record.audience)) return null
    const tries = await this.#stored(storage.increment(`${key}:tries`, left))
    if (tries > this.#mostTries) return null
    return {
      id,
      contact: record.contact,
      data: record.data,
      take: async () => (await this.#stored(storage.take(key))) !== null,
      restore: () => orGoOn('one_time', emit, storage.add(key, text, left)).then(() => undefined),
    }
  }

  /**
   * Ends one; `false` where there is none of this id.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  end(scope: UserScope, id: string): Promise<boolean> {
    return this.#stored(this.#parts.storage.delete(this.#key(scope, id)))
  }

  #key(scope: UserScope, id: string): string {
    return this.#parts.keys(scope, this.#kind, id)
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('one_time', this.#parts.emit, work)
  }
}
