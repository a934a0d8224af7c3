/**
 * Where a session is used: from another network and another browser than at its login, its cookie
 * was probably copied. Nothing is decided by it, it is told once for each such place.
 *
 * Most checks find the same User-Agent and look no further; a phone that changes its network, or a
 * browser that was updated, is no other place.
 */
import { sha256 } from '../../crypto.ts'
import type { TransportContext } from '../../transport.ts'
import { clientLabel } from './client-label.ts'
import type { SessionRecord } from './record.ts'

/** Further places of one session are not told. */
export const maxPlaces = 8

/** Longer headers are cut here. */
const maxLength = 512

/** Tells User-Agents apart (FNV-1a), at less than a microsecond for every check of a session. */
export function agentOf(userAgent: string | null): number {
  const text = userAgent ?? ''
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length && index < maxLength; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** The place of a request that is new to its session, as a digest; else `null`. */
export function newPlace(
  { agent, network, device, places = [] }: SessionRecord,
  context: Pick<TransportContext, 'request' | 'address'>,
): string | null {
  const userAgent = context.request.headers.get('user-agent')
  if (agent === undefined || !network || agent === agentOf(userAgent)) return null
  if (places.length >= maxPlaces) return null
  const here = context.address?.network
  if (here === undefined || here === network) return null
  const { browser, os } = clientLabel(userAgent)
  // Without the version of the system: it is updated together with the browser.
  const system = (text: string) => text.split(' ')[0]
  if (browser === device.browser && system(os) === system(device.os)) return null
  const place = sha256(`${here}\n${browser}\n${os}`).slice(0, 16)
  return places.includes(place) ? null : place
}
