/**
 * What is kept of a session, and the pure rules about when it is alive.
 */
import {
  isFlag,
  isInstant,
  isNumber,
  isObject,
  isText,
  orAbsent,
  type Shape,
} from '../../storage/records.ts'
import type { ClientLabel } from './client-label.ts'

export interface SessionRecord {
  /**
   * Names the login, through all the identifiers that the session gets. Left out while it has its
   * first one, whose handle it is.
   */
  readonly login?: string
  /** The owner's primary key, as text. */
  readonly user: string
  /** The owner's epoch when the session was made: another one later means revoked. */
  readonly epoch: number
  /** Which application the session was made for; see `audienceTag`. */
  readonly audience: string
  /** How often the session got another synchronizer token. */
  readonly csrfRenewals?: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /**
   * When its owner proved who they are, where that was before; 0 where nobody says. Milliseconds.
   */
  readonly provenAt?: number
  /** Milliseconds since the epoch; exact to the touch interval. */
  readonly lastActivity: number
  /** The end of the absolute lifetime, milliseconds since the epoch. */
  readonly expiresAt: number
  /** The idle window, in seconds. */
  readonly idle: number
  readonly remembered: boolean
  /** The client address at login, or empty when it was unknown. */
  readonly address: string
  /** The client label, from the User-Agent at login. */
  readonly device: ClientLabel
  /** The client's network at login, and its User-Agent as a number; see `place.ts`. */
  readonly network?: string
  readonly agent?: number
  /** Where else it was used, as digests. */
  readonly places?: readonly string[]
  /** Until when its owner counts as having just proven themselves (sudo), ms since the epoch. */
  readonly elevatedUntil?: number
  readonly metadata: Readonly<Record<string, unknown>>
  /** The login that opened it, with whose end it ends: transport and name. */
  readonly openedBy?: readonly [transport: string, login: string]
  /**
   * The old handle of a session that is moving here; until the move is done, this record does not
   * count.
   */
  readonly moving?: string
}

/** Seconds that the record has to live from `now` on; not positive when it is dead. */
export function remainingSeconds(record: SessionRecord, now: number): number {
  const idleEnd = record.lastActivity + record.idle * 1000
  return (Math.min(idleEnd, record.expiresAt) - now) / 1000
}

/**
 * The Max-Age of the session's cookies from `now` on; `undefined` for the browser's own session.
 */
export function cookieSeconds(record: SessionRecord, now: number): number | undefined {
  return record.remembered ? (record.expiresAt - now) / 1000 : undefined
}

function isLabel(value: unknown): boolean {
  if (!isObject(value)) return false
  return [value['browser'], value['browser_version'], value['os'], value['device']].every(isText)
}

function isOpener(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isText)
}

/** What a stored session has to be, to be one. */
export const sessionShape: Shape<SessionRecord> = {
  login: orAbsent(isText),
  user: isText,
  epoch: isNumber,
  audience: isText,
  csrfRenewals: orAbsent(isNumber),
  createdAt: isInstant,
  provenAt: orAbsent(isInstant),
  lastActivity: isInstant,
  expiresAt: isInstant,
  idle: isNumber,
  remembered: isFlag,
  address: isText,
  device: isLabel,
  network: orAbsent(isText),
  agent: orAbsent(isNumber),
  places: orAbsent(Array.isArray),
  elevatedUntil: orAbsent(isInstant),
  metadata: isObject,
  openedBy: orAbsent(isOpener),
  moving: orAbsent(isText),
}
