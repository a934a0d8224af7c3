/**
 * The client label: what a session's User-Agent says of browser, system and machine. People
 * recognise their own sessions by it. Nothing is decided by it, since a client can send any
 * User-Agent.
 */
import Bowser from 'bowser'

/** What a User-Agent says of the client; in snake case, because clients get it as it is. */
export interface ClientLabel {
  readonly browser: string
  readonly browser_version: string
  readonly os: string
  readonly device: string
  readonly is_mobile: boolean
  readonly is_tablet: boolean
  readonly is_pc: boolean
}

/** Longer headers are cut here before they are parsed. */
const maxLength = 512

export function clientLabel(userAgent: string | null): ClientLabel {
  if (!userAgent) return unknownClient
  let parsed: Bowser.Parser.ParsedResult
  try {
    parsed = Bowser.parse(userAgent.slice(0, maxLength))
  } catch {
    // A label is not worth a failed login.
    return unknownClient
  }
  const { browser, os, platform } = parsed
  return {
    browser: browser.name || 'Unknown',
    browser_version: browser.version ?? '',
    os: [os.name, os.version].filter(Boolean).join(' ') || 'Unknown',
    device: platform.model ?? platform.vendor ?? 'Unknown',
    is_mobile: platform.type === 'mobile',
    is_tablet: platform.type === 'tablet',
    is_pc: platform.type === 'desktop',
  }
}

const unknownClient: ClientLabel = Object.freeze({
  browser: 'Unknown',
  browser_version: '',
  os: 'Unknown',
  device: 'Unknown',
  is_mobile: false,
  is_tablet: false,
  is_pc: false,
})
