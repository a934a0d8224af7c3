/**
 * The life of sessions: made, found, kept alive, changed, given a new identifier, revoked.
 *
 * A session is a record under the SHA-256 of its identifier; the identifier itself, 256 random
 * bits, exists only in the browser's cookie. The hash doubles as the opaque handle by which a
 * person sees and revokes a session: it opens nothing. Revoking deletes the record, and a late
 * write cannot bring one back; the epoch in the record kills sessions that no index remembers.
 */

import type { KeptLogin } from '../../credentials/revocation.ts'
import { type Random, randomToken, sha256 } from '../../crypto.ts'
import type { EventListener } from '../../events.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import { audienceTag } from '../../storage/owner-index.ts'
import type { Storage } from '../../storage/storage.ts'
import type { UserScope } from '../../users/store.ts'
import { clientLabel } from './client-label.ts'
import { CsrfTokens } from './csrf-tokens.ts'
import { Openers } from './openers.ts'
import { agentOf, maxPlaces } from './place.ts'
import { cookieSeconds, type SessionRecord } from './record.ts'
import { type LiveSession, loginOf, SessionRecords } from './records.ts'
import type { SessionSettings } from './session.ts'

export interface SessionParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  readonly emit: EventListener
  readonly secrets: readonly string[]
  /** Of each secret: the first marks new sessions, all are accepted. */
  readonly audiences: readonly string[]
}

export interface NewSession {
  /** The cookie's value. The only time that it is known. */
  readonly id: string
  readonly handle: string
  /** Empty when CSRF protection is off. */
  readonly csrfToken: string
  /** The cookie's lifetime, or `undefined` for one that ends with the browser session. */
  readonly maxAgeSeconds: number | undefined
}

/** A session under a new identifier. */
export interface RotatedSession {
  /** The cookie's value. The only time that it is known. */
  readonly id: string
  readonly session: LiveSession
}

/** Where a session is made. */
export interface SessionClient {
  /** `null` where no request asked. */
  readonly exchange: Exchange | null
  readonly scope: UserScope
}

export interface SessionOwner {
  /** The primary key, as text. */
  readonly id: string
  readonly epoch: number
}

export interface SessionOptions {
  readonly rememberMe?: boolean
  readonly metadata?: Readonly<Record<string, unknown>>
  /** The login with whose end it ends. Default none. */
  readonly openedBy?: { readonly transport: string; readonly login: string }
}

/** What identifiers and handles look like: 32 bytes in base64url. */
const identifier = /^[\w-]{43}$/

/** A password's hash and a few writes. Milliseconds. */
const workMs = 10_000

const nobody = Promise.resolve(null)

export class Sessions {
  readonly settings: SessionSettings
  readonly openers: Openers = new Openers()
  readonly #parts: SessionParts
  readonly #records: SessionRecords
  readonly #csrfTokens: CsrfTokens
  readonly #audience: string

  constructor(settings: SessionSettings, parts: SessionParts) {
    this.settings = settings
    this.#parts = parts
    this.#records = new SessionRecords({ ...parts, maxPerUser: settings.maxPerUser })
    this.#csrfTokens = new CsrfTokens(parts)
    this.#audience = audienceTag(parts.audiences[0] ?? '')
  }

  /**
   * Makes a session. Where the owner has more than the cap, the
   * least recently active ones end in the same step; of many logins at once none slips past it.
   *
   * @param provenAt When the owner proved who they are, in milliseconds; `null` where nobody says.
   */
  async create(
    { exchange, scope }: SessionClient,
    owner: SessionOwner,
    options: SessionOptions = {},
    provenAt: number | null = this.#parts.clock(),
  ): Promise<NewSession> {
    const { clock, random } = this.#parts
    const { csrf, idleTimeout, absoluteTimeout, rememberMe } = this.settings
    const { openedBy } = options
    const remembered = options.rememberMe ?? false
    const now = clock()
    const id = randomToken(random, 32)
    const handle = sha256(id)
    const record: SessionRecord = {
      user: owner.id,
      epoch: owner.epoch,
      audience: this.#audience,
      createdAt: now,
      // What lies between a proof and its session is the work on them.
      ...(provenAt !== null && now - provenAt < workMs ? {} : { provenAt: provenAt ?? 0 }),
      lastActivity: now,
      expiresAt: now + (remembered ? rememberMe : absoluteTimeout) * 1000,
      idle: remembered ? rememberMe : idleTimeout,
      remembered,
      address: exchange?.address?.address ?? '',
      device: clientLabel(exchange?.userAgent ?? null),
      ...(exchange?.address
        ? { network: exchange.address.network, agent: agentOf(exchange.userAgent) }
        : {}),
      metadata: options.metadata ?? {},
      ...(openedBy === undefined ? {} : { openedBy: [openedBy.transport, openedBy.login] }),
    }
    await this.#records.add(scope, handle, record)
    const csrfToken = csrf ? this.csrfToken({ handle, record }) : ''
    return { id, handle, csrfToken, maxAgeSeconds: cookieSeconds(record, now) }
  }

  /**
   * The live session with this identifier, or `null`. One storage read; writes nothing.
   *
   * @param failed What to throw for what the storage threw. Default: the same.
   */
  find(
    scope: UserScope,
    id: string | undefined,
    failed?: (error: unknown) => never,
  ): Promise<LiveSession | null> {
    if (id === undefined || !identifier.test(id)) return nobody
    return this.#records.read(scope, sha256(id), failed)
  }

  /**
   * The live sessions of a user that carry the user's epoch, least recently active first. One
   * storage read for the index and one for each session.
   */
  async ofUser(scope: UserScope, owner: SessionOwner): Promise<LiveSession[]> {
    return this.#openOf(scope, owner, await this.#records.ofUser(scope, owner.id))
  }

  /** Those of this epoch, but for what another login opened that has ended. */
  async #openOf(
    scope: UserScope,
    owner: SessionOwner,
    sessions: readonly LiveSession[],
  ): Promise<LiveSession[]> {
    const live = sessions.filter(
      ({ record }) => record.user === owner.id && record.epoch === owner.epoch,
    )
    const open = await Promise.all(live.map((session) => this.openers.isAlive(scope, session)))
    return live.filter((_, n) => open[n])
  }

  /**
   * Notes that a session is used in another place; of several requests from there at once, one gets
   * the session, and the others `null`.
   */
  notePlace(scope: UserScope, { handle }: LiveSession, place: string): Promise<LiveSession | null> {
    return this.modify(scope, handle, (record) => {
      const { places = [] } = record
      if (places.includes(place) || places.length >= maxPlaces) return null
      return { ...record, places: [...places, place] }
    })
  }

  /** Whether there is activity to be noted. */
  isTouchDue({ record }: LiveSession): boolean {
    return this.#parts.clock() - record.lastActivity >= this.settings.touchInterval * 1000
  }

  /**
   * Notes activity, at most once per touch interval. Loses silently against whatever else wrote
   * the record meanwhile: a revocation stays, a change of it is not overwritten.
   */
  async touch(scope: UserScope, session: LiveSession): Promise<void> {
    if (!this.isTouchDue(session)) return
    const record: SessionRecord = { ...session.record, lastActivity: this.#parts.clock() }
    const touched = await this.#records.replace(scope, session, record)
    if (touched !== null) await this.#records.renew(scope, touched)
  }

  /**
   * Changes a live session, by compare-and-swap: of several changes at once none is lost, and a
   * session that was ended meanwhile stays ended, which is `null`. So is a change that `change`,
   * which may be asked several times, does not want to make.
   */
  async modify(
    scope: UserScope,
    handle: string,
    change: (record: SessionRecord) => SessionRecord | null,
  ): Promise<LiveSession | null> {
    for (;;) {
      const session = await this.#records.read(scope, handle)
      const record = session && change(session.record)
      if (session === null || record === null) return null
      const changed = await this.#records.replace(scope, session, record)
      if (changed !== null) return changed
    }
  }

  /** The synchronizer token of a session. */
  csrfToken(session: Pick<LiveSession, 'handle' | 'record'>): string {
    return this.#csrfTokens.of(session)
  }

  /** Which of these texts is that token, also as another secret of the application makes it. */
  csrfTokenAmong(session: LiveSession, texts: readonly string[]): string | undefined {
    return this.#csrfTokens.among(session, texts)
  }

  /** Replaces the synchronizer token of a live session; `null` when it is gone. */
  renewCsrf(scope: UserScope, handle: string): Promise<LiveSession | null> {
    return this.modify(scope, handle, (record) => ({
      ...record,
      csrfRenewals: (record.csrfRenewals ?? 0) + 1,
    }))
  }

  /**
   * Gives a live session a new identifier and these changes; from then on the old identifier opens
   * nothing. Of several rotations at once one succeeds, and no other request's change is lost.
   * `null` for a session that is gone. Wherever it is interrupted, one of the two identifiers is
   * good.
   *
   * The synchronizer token stays, so that pages that hold it go on working.
   */
  async rotate(
    scope: UserScope,
    handle: string,
    changes: Partial<Pick<SessionRecord, 'epoch' | 'elevatedUntil'>>,
  ): Promise<RotatedSession | null> {
    const { clock, random } = this.#parts
    for (;;) {
      const session = await this.#records.read(scope, handle)
      if (session === null) return null
      const id = randomToken(random, 32)
      const { moving: _left, ...record } = session.record
      const changed: SessionRecord = {
        ...record,
        ...changes,
        login: loginOf(session),
        audience: this.#audience,
        lastActivity: clock(),
      }
      const moved = await this.#records.move(scope, session, sha256(id), changed)
      if (moved !== null) return { id, session: moved }
    }
  }

  /**
   * Ends the live session with this identifier and returns its record. Returns `null` when there is
   * no such session, and to all but one of several concurrent callers.
   */
  async end(scope: UserScope, id: string | undefined): Promise<SessionRecord | null> {
    const session = await this.find(scope, id)
    return session && (await this.#records.delete(scope, session)) ? session.record : null
  }

  /** Ends a session that was found; whether it was this call that did. */
  discard(scope: UserScope, session: LiveSession): Promise<boolean> {
    return this.#records.delete(scope, session)
  }

  /**
   * Ends one session of this user, and gives it; `null` when the user has none with this handle.
   * Owners are compared as text, whatever the type of the primary key.
   */
  async revoke(scope: UserScope, user: string, handle: string): Promise<LiveSession | null> {
    const session = identifier.test(handle) ? await this.#records.read(scope, handle) : null
    if (session?.record.user !== user) return null
    return (await this.#records.delete(scope, session)) ? session : null
  }

  /**
   * The live session of a login of this user and epoch, under whatever identifier it has by now, or
   * `null`.
   */
  async ofLogin(
    scope: UserScope,
    owner: SessionOwner,
    { login, handle }: KeptLogin,
  ): Promise<LiveSession | null> {
    const session = await this.#records.read(scope, handle)
    const isIt = (found: LiveSession) =>
      found.record.user === owner.id &&
      found.record.epoch === owner.epoch &&
      loginOf(found) === login
    if (session && isIt(session))
      return (await this.openers.isAlive(scope, session)) ? session : null
    // It got another identifier since.
    return (await this.ofUser(scope, owner)).find(isIt) ?? null
  }

  /** Those of these logins that have a live session of this user and epoch. */
  async aliveAmong(
    scope: UserScope,
    owner: SessionOwner,
    logins: readonly string[],
  ): Promise<readonly string[]> {
    const known = logins.filter((login) => identifier.test(login))
    const found = await this.#records.ofLogins(scope, known)
    return (await this.#openOf(scope, owner, found)).map(loginOf)
  }

  /**
   * Stamps a login of this user and epoch with another epoch, so that it lives on: by itself, where
   * another one opened it that ends.
   */
  async stamp(
    scope: UserScope,
    owner: SessionOwner,
    kept: KeptLogin,
    epoch: number,
  ): Promise<void> {
    for (;;) {
      const session = await this.ofLogin(scope, owner, kept)
      if (session === null) return
      const { openedBy: _ends, ...record } = session.record
      const stamped: SessionRecord = { ...record, epoch }
      if (await this.#records.replace(scope, session, stamped)) return
    }
  }

  /** Ends the user's sessions of this epoch, but for one login; how many it ended. */
  revokeAll(scope: UserScope, owner: SessionOwner, except: string | null): Promise<number> {
    return this.#records.endAll(scope, { user: owner.id, epoch: owner.epoch }, except)
  }

  /** The Max-Age of a session's cookies; `undefined` for those that end with the browser's. */
  cookieSeconds({ record }: LiveSession): number | undefined {
    return cookieSeconds(record, this.#parts.clock())
  }
}
