/**
 * The text of a stored session: its fields in an order, without their names, and with times counted
 * from the session's beginning. It is a third as long, and nearly all that a session weighs.
 *
 * A text of another version of this order is no session: its owner logs in again. What is absent at
 * the end is left out, so that a field that is added there leaves the texts from before readable.
 */
import type { ClientLabel } from './client-label.ts'
import type { SessionRecord } from './record.ts'

const version = 1

export function packed(record: SessionRecord): string {
  const { createdAt, address, network, metadata } = record
  const fields: unknown[] = [
    version,
    record.user,
    record.epoch,
    record.audience,
    createdAt,
    record.lastActivity - createdAt,
    record.expiresAt - createdAt,
    record.idle,
    record.remembered ? 1 : 0,
    address,
    packedLabel(record.device),
    record.agent,
    // Of IPv4 the network is the address itself.
    network === address ? sameAsAddress : network,
    record.login,
    record.csrfRenewals,
    record.elevatedUntil,
    record.provenAt,
    record.places,
    Object.keys(metadata).length === 0 ? undefined : metadata,
    record.openedBy,
  ]
  while (fields.at(-1) === undefined) fields.pop()
  const text = JSON.stringify(fields)
  // Around all of it, so that no text of a session that is moving begins as that of one that is
  // not.
  return record.moving === undefined ? text : `[${JSON.stringify(record.moving)},${text}]`
}

/** How the text of every session of this owner begins, that counts by itself. */
export function beginningOf(owner: Pick<SessionRecord, 'user' | 'epoch' | 'audience'>): string {
  const fields = [version, owner.user, owner.epoch, owner.audience]
  return `${JSON.stringify(fields).slice(0, -1)},`
}

const sameAsAddress = 0

/** Whether it is the text of a session that is moving; see `SessionRecord.moving`. */
export function isMoving(text: string): boolean {
  return text.startsWith('["')
}

/** Each field has to be named, so that none is forgotten here. */
type Unjudged = { readonly [Field in keyof Required<SessionRecord>]: unknown }

/** The record, whose fields are still to be judged; `undefined` for what is not of this version. */
export function unpacked(value: unknown): Unjudged | undefined {
  if (!Array.isArray(value)) return undefined
  const [first, inner] = value
  if (typeof first !== 'string') return unpackedFields(value, undefined)
  return Array.isArray(inner) ? unpackedFields(inner, first) : undefined
}

function unpackedFields(
  value: readonly unknown[],
  moving: string | undefined,
): Unjudged | undefined {
  if (value[0] !== version) return undefined
  const fields = value.map((field) => field ?? undefined)
  const [, user, epoch, audience, createdAt, active, expires, idle, remembered, address] = fields
  const [label, agent, network, login, csrfRenewals, elevatedUntil, provenAt, places, ...latest] =
    fields.slice(10)
  const [metadata, openedBy] = latest
  return {
    user,
    epoch,
    audience,
    createdAt,
    lastActivity: sum(createdAt, active),
    expiresAt: sum(createdAt, expires),
    idle,
    remembered: remembered === 1 || (remembered === 0 ? false : undefined),
    address,
    device: unpackedLabel(label),
    agent,
    network: network === sameAsAddress ? address : network,
    login,
    csrfRenewals,
    elevatedUntil,
    provenAt,
    places,
    metadata: metadata ?? {},
    openedBy,
    moving,
  }
}

function sum(a: unknown, b: unknown): number | undefined {
  return typeof a === 'number' && typeof b === 'number' ? a + b : undefined
}

function packedLabel(label: ClientLabel): readonly unknown[] {
  const kinds = [label.is_mobile, label.is_tablet, label.is_pc]
  const kind = kinds.reduce((bits, is, bit) => bits | (is ? 1 << bit : 0), 0)
  return [label.browser, label.browser_version, label.os, label.device, kind]
}

function unpackedLabel(value: unknown): ClientLabel | undefined {
  if (!Array.isArray(value)) return undefined
  const [browser, browser_version, os, device, kind] = value
  const is = (bit: number) => (kind & (1 << bit)) !== 0
  const kinds = { is_mobile: is(0), is_tablet: is(1), is_pc: is(2) }
  return { browser, browser_version, os, device, ...kinds }
}
