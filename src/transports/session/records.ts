/**
 * Sessions in the storage: one record under each handle, and an index by owner.
 *
 * The index finds a person's sessions and bounds their number. It lives as long as its members do,
 * each renewed with its session; and nothing that ends for certain is ended through it.
 */
import type { StorageKeys } from '../../storage/keys.ts'
import type { Storage } from '../../storage/storage.ts'
import type { UserScope } from '../../users/store.ts'
import { parseSessionRecord, remainingSeconds, type SessionRecord } from './record.ts'

/** A session that was found alive. */
export interface LiveSession {
  readonly handle: string
  readonly record: SessionRecord
  /** The stored text, for compare-and-swap. */
  readonly stored: string
}

export interface SessionRecordParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  /** Tags of the application: the first marks new sessions, all are accepted. */
  readonly audiences: readonly string[]
  /** The cap per user, or `null` for none. */
  readonly maxPerUser: number | null
}

export class SessionRecords {
  readonly #parts: SessionRecordParts
  readonly #audiences: ReadonlySet<string>

  constructor(parts: SessionRecordParts) {
    this.#parts = parts
    this.#audiences = new Set(parts.audiences)
  }

  async read(scope: UserScope, handle: string): Promise<LiveSession | null> {
    return this.#judge(handle, await this.#parts.storage.get(this.#key(scope, handle)))
  }

  /** Reads and deletes in one step: of many callers at once one gets the session. */
  async take(scope: UserScope, handle: string): Promise<LiveSession | null> {
    const session = this.#judge(handle, await this.#parts.storage.take(this.#key(scope, handle)))
    if (session !== null) await this.#forget(scope, session)
    return session
  }

  /** Stores a new session; beyond the cap, the least recently active of the owner's end. */
  async add(scope: UserScope, handle: string, record: SessionRecord): Promise<LiveSession> {
    const { storage, clock, maxPerUser } = this.#parts
    const ttl = remainingSeconds(record, clock())
    const stored = JSON.stringify(record)
    // The record first: a failure in between leaves a session whose identifier nobody was told.
    await storage.set(this.#key(scope, handle), stored, ttl)
    const index = this.#index(scope, record.user)
    const evicted = await storage.indexAdd(index, handle, ttl, maxPerUser ?? undefined)
    await Promise.all(evicted.map((old) => storage.delete(this.#key(scope, old))))
    return { handle, record, stored }
  }

  /** Compare-and-swap: `null` when the session was changed or ended since it was read. */
  async replace(
    scope: UserScope,
    { handle, stored: expected }: LiveSession,
    record: SessionRecord,
  ): Promise<LiveSession | null> {
    const { storage, clock } = this.#parts
    const stored = JSON.stringify(record)
    const ttl = remainingSeconds(record, clock())
    const isOurs = await storage.replace(this.#key(scope, handle), stored, ttl, expected)
    return isOurs ? { handle, record, stored } : null
  }

  /** Keeps the session in the index for as long as its record lives. */
  async renew(scope: UserScope, { handle, record }: LiveSession): Promise<void> {
    const { storage, clock } = this.#parts
    const ttl = remainingSeconds(record, clock())
    await storage.indexRenew(this.#index(scope, record.user), handle, ttl)
  }

  /** Whether it was this call that ended the session. */
  async delete(scope: UserScope, session: LiveSession): Promise<boolean> {
    if (!(await this.#parts.storage.delete(this.#key(scope, session.handle)))) return false
    await this.#forget(scope, session)
    return true
  }

  /** The live sessions of a user, least recently active first. */
  async ofUser(scope: UserScope, user: string): Promise<LiveSession[]> {
    const handles = await this.#parts.storage.indexMembers(this.#index(scope, user))
    const found = await Promise.all(handles.map((handle) => this.read(scope, handle)))
    return found.filter((session) => session?.record.user === user) as LiveSession[]
  }

  async #forget(scope: UserScope, { handle, record }: LiveSession): Promise<void> {
    await this.#parts.storage.indexRemove(this.#index(scope, record.user), handle)
  }

  /** What is stored as a session, if it is one of ours and alive. */
  #judge(handle: string, stored: string | null): LiveSession | null {
    const record = stored === null ? null : parseSessionRecord(stored)
    if (stored === null || record === null) return null
    if (!this.#audiences.has(record.audience)) return null
    if (remainingSeconds(record, this.#parts.clock()) <= 0) return null
    return { handle, record, stored }
  }

  #key(scope: UserScope, handle: string): string {
    return this.#parts.keys(scope, 'session', handle)
  }

  #index(scope: UserScope, user: string): string {
    return this.#parts.keys(scope, 'sessions', user)
  }
}
