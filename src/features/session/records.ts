/**
 * Sessions in the storage: one record under each handle, and an index by owner.
 *
 * The index finds a person's sessions and bounds their number. It lives as long as its members do,
 * each renewed with its session. Revocation does not depend on it: the epoch does that.
 */
import type { EventListener } from '../../events.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import { getMany } from '../../storage/many.ts'
import { audienceTag, OwnerIndex } from '../../storage/owner-index.ts'
import { type ReadRecord, recordReader } from '../../storage/records.ts'
import type { Storage } from '../../storage/storage.ts'
import type { UserScope } from '../../users/store.ts'
import { endAll, type SessionsOfOwner } from './end-all.ts'
import { packed, unpacked } from './packed.ts'
import { RecentlyParsed } from './parsed.ts'
import { remainingSeconds, type SessionRecord, sessionShape } from './record.ts'

/** A session that was found alive. */
export interface LiveSession {
  readonly handle: string
  readonly record: SessionRecord
  /** The stored text, for compare-and-swap. */
  readonly stored: string
}

/** Names the login: its first handle, however often it got another one since. It opens nothing. */
export function loginOf({ handle, record }: Pick<LiveSession, 'handle' | 'record'>): string {
  return record.login ?? handle
}

export interface SessionRecordParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly emit: EventListener
  /** Tags of the application: the first marks new sessions, all are accepted. */
  readonly audiences: readonly string[]
  /** The cap per user, or `null` for none. */
  readonly maxPerUser: number | null
}

export class SessionRecords {
  readonly #parts: SessionRecordParts
  readonly #audiences: ReadonlySet<string>
  readonly #index: OwnerIndex
  readonly #parse: ReadRecord<SessionRecord>
  readonly #parsed: RecentlyParsed<LiveSession> = new RecentlyParsed()

  constructor(parts: SessionRecordParts) {
    this.#parts = parts
    this.#audiences = new Set(parts.audiences.map(audienceTag))
    this.#index = new OwnerIndex('sessions', parts)
    this.#parse = recordReader('session', sessionShape, parts.emit, unpacked)
  }

  /** @param failed What to throw for what the storage threw. Default: the same. */
  read(
    scope: UserScope,
    handle: string,
    failed?: (error: unknown) => never,
  ): Promise<LiveSession | null> {
    const stored = this.#parts.storage.get(this.#key(scope, handle))
    return stored.then((text) => {
      const session = this.#judge(handle, text)
      if (session?.record.moving === undefined) return session
      const moved = this.#moved(scope, session, session.record.moving)
      return failed ? moved.catch(failed) : moved
    }, failed)
  }

  /** A session that is moving counts only if the old record says that it has left. */
  #counted(
    scope: UserScope,
    session: LiveSession | null,
  ): LiveSession | null | Promise<LiveSession | null> {
    const from = session?.record.moving
    return session === null || from === undefined ? session : this.#moved(scope, session, from)
  }

  /** The move was interrupted. It counts as done only if the old record says so. */
  async #moved(scope: UserScope, session: LiveSession, from: string): Promise<LiveSession | null> {
    const left = await this.#parts.storage.get(this.#key(scope, from))
    return left === movedTo(session.handle) ? session : null
  }

  /**
   * Moves a session to another handle, with these changes. What decides is one compare-and-swap of
   * the old record: until then the old handle is good and the new one is not, from then on the
   * other way round, wherever this is interrupted. `null` when the session was changed or ended
   * since it was read.
   */
  async move(
    scope: UserScope,
    { handle: from, record: old, stored: expected }: LiveSession,
    handle: string,
    record: SessionRecord,
  ): Promise<LiveSession | null> {
    const { storage, clock } = this.#parts
    const ttl = remainingSeconds(record, clock())
    const [key, oldKey] = [this.#key(scope, handle), this.#key(scope, from)]
    const undone = async () => {
      await storage.delete(key)
      await this.#index.remove(scope, old.user, handle)
      return null
    }
    const pending = packed({ ...record, moving: from })
    await storage.set(key, pending, ttl)
    // No room is made: it takes a place that is about to be free.
    await this.#index.add(scope, old.user, handle, ttl)
    if (!(await storage.replace(oldKey, movedTo(handle), ttl, expected))) return undone()

    const stored = packed(record)
    // Should the rest fail, the session has moved all the same; what is left over expires.
    try {
      await storage.replace(key, stored, ttl, pending)
      // Somebody ended it in between, by the old handle.
      if (!(await storage.delete(oldKey))) return await undone()
      await this.#index.remove(scope, old.user, from)
      const login = loginOf({ handle, record })
      const rest = (record.expiresAt - clock()) / 1000
      await storage.set(this.#loginKey(scope, login), handle, rest)
    } catch {}
    return { handle, record, stored }
  }

  /** Stores a new session; beyond the cap, the least recently active of the owner's end. */
  async add(scope: UserScope, handle: string, record: SessionRecord): Promise<LiveSession> {
    const { storage, clock, maxPerUser } = this.#parts
    const ttl = remainingSeconds(record, clock())
    const stored = packed(record)
    // The record first: a failure in between leaves a session whose identifier nobody was told.
    await storage.set(this.#key(scope, handle), stored, ttl)
    await this.#index.add(scope, record.user, handle, ttl)
    if (maxPerUser !== null) {
      const end = (old: string) => storage.delete(this.#key(scope, old))
      await this.#index.makeRoom(scope, record.user, maxPerUser, end)
    }
    return { handle, record, stored }
  }

  /** Compare-and-swap: `null` when the session was changed or ended since it was read. */
  async replace(
    scope: UserScope,
    { handle, stored: expected }: LiveSession,
    changed: SessionRecord,
  ): Promise<LiveSession | null> {
    const { storage, clock } = this.#parts
    // A session that was found alive has completed its move.
    const { moving: _moved, ...record } = changed
    const stored = packed(record)
    const ttl = remainingSeconds(record, clock())
    const isOurs = await storage.replace(this.#key(scope, handle), stored, ttl, expected)
    return isOurs ? { handle, record, stored } : null
  }

  /** Keeps the session in the index for as long as its record lives. */
  async renew(scope: UserScope, { handle, record }: LiveSession): Promise<void> {
    const ttl = remainingSeconds(record, this.#parts.clock())
    await this.#index.renew(scope, record.user, handle, ttl)
  }

  /** Whether it was this call that ended the session. */
  async delete(scope: UserScope, session: LiveSession): Promise<boolean> {
    if (!(await this.#parts.storage.delete(this.#key(scope, session.handle)))) return false
    await this.#forget(scope, session)
    return true
  }

  /** The live sessions of a user, least recently active first. */
  async ofUser(scope: UserScope, user: string): Promise<LiveSession[]> {
    const handles = await this.#index.members(scope, user)
    const found = await this.#liveOf(scope, handles)
    return found.filter(({ record }) => record.user === user)
  }

  /**
   * The live sessions of these logins, whosever they are: in three steps at most, however many
   * sessions there are. One that got another identifier is found by a note of it.
   */
  async ofLogins(scope: UserScope, logins: readonly string[]): Promise<readonly LiveSession[]> {
    const unmoved = await this.#liveOf(scope, logins)
    const known = new Set(unmoved.map(loginOf))
    const others = logins.filter((login) => !known.has(login))
    const notes = await getMany(
      this.#parts.storage,
      others.map((login) => this.#loginKey(scope, login)),
    )
    const handles = notes.filter((handle) => handle !== null)
    const moved = await this.#liveOf(scope, handles)
    return [...unmoved, ...moved].filter((session) => logins.includes(loginOf(session)))
  }

  async #liveOf(scope: UserScope, handles: readonly string[]): Promise<readonly LiveSession[]> {
    const texts = await this.#textsOf(scope, handles)
    const found = await Promise.all(
      handles.map((handle, n) => this.#counted(scope, this.#judge(handle, texts[n] ?? null))),
    )
    return found.filter((session) => session !== null)
  }

  /** Ends a user's sessions of this epoch, but for one login; how many it ended. */
  endAll(
    scope: UserScope,
    owner: Pick<SessionRecord, 'user' | 'epoch'>,
    except: string | null,
  ): Promise<number> {
    const index = this.#index
    const sessions: SessionsOfOwner = {
      storage: this.#parts.storage,
      members: () => index.members(scope, owner.user),
      removeMembers: (handles) => index.removeMany(scope, owner.user, handles),
      keyOf: (handle) => this.#key(scope, handle),
      read: (handle, stored) => this.#judge(handle, stored),
      audiences: this.#audiences,
    }
    return endAll(sessions, owner, except)
  }

  #textsOf(scope: UserScope, handles: readonly string[]): Promise<readonly (string | null)[]> {
    const keys = handles.map((handle) => this.#key(scope, handle))
    return getMany(this.#parts.storage, keys)
  }

  async #forget(scope: UserScope, { handle, record }: LiveSession): Promise<void> {
    await this.#index.remove(scope, record.user, handle)
  }

  /** What is stored as a session, if it is one of ours and alive. */
  #judge(handle: string, stored: string | null): LiveSession | null {
    if (stored === null || stored.startsWith(leftFor)) return null
    const session = this.#parsed.find(handle, stored) ?? this.#read(handle, stored)
    if (session === null) return null
    if (!this.#audiences.has(session.record.audience)) return null
    return remainingSeconds(session.record, this.#parts.clock()) > 0 ? session : null
  }

  #read(handle: string, stored: string): LiveSession | null {
    const record = this.#parse(stored)
    if (record === null) return null
    const session = { handle, record, stored }
    // What an application could change in one request, another must not see.
    const isPlain = Object.values(record.metadata).every((value) => !isObjectOrList(value))
    if (isPlain) this.#parsed.keep(session)
    return session
  }

  /**
   * Where the handle is noted that a login has by now; until its first move it is the login's id.
   */
  #loginKey(scope: UserScope, login: string): string {
    return this.#parts.keys(scope, 'session-login', login)
  }

  #key(scope: UserScope, handle: string): string {
    return this.#parts.keys(scope, 'session', handle)
  }
}

function isObjectOrList(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

const leftFor = '{"movedTo":'

/** What stays under the old handle after a move. It is no session. */
function movedTo(handle: string): string {
  return `${leftFor}${JSON.stringify(handle)}}`
}
