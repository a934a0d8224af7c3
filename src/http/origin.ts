/**
 * Whether a browser says that another site made it send this request.
 *
 * A second line behind SameSite and the synchronizer token, and the only one where there is no
 * session yet (login CSRF). It believes `Sec-Fetch-Site`, which scripts cannot set, before
 * `Origin`; a request with neither does not come from a browser that could be tricked
 * (OWASP CSRF Prevention Cheat Sheet, Fetch Metadata).
 */
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import { type Option, own } from '../options/option.ts'
import { pathOf } from './path.ts'

/**
 * Refuses a request that another site had the browser send.
 *
 * @throws AuthError `cross_origin` (403).
 */
export type OriginGuard = (request: Request) => void

export interface OriginOptions {
  /** Further origins (`https://app.example.com`) that may send requests. */
  readonly trustedOrigins: readonly string[]
  /** `observe` reports what would be refused and lets it through. */
  readonly mode: 'enforce' | 'observe'
  /** Told the `Origin` of every request that is refused, or would be. */
  readonly onRefused?: (origin: string | null) => void
}

export function originGuard(options: OriginOptions, emit: EventListener): OriginGuard {
  const isAllowed = originCheck(options.trustedOrigins)
  const observed = options.mode === 'observe'
  return (request) => {
    if (isAllowed(request)) return
    const path = pathOf(request)
    const origin = request.headers.get('origin')
    emit({ name: 'origin.refused', path, origin, observed })
    options.onRefused?.(origin)
    if (!observed) throw new AuthError('cross_origin', 'Cross-origin request refused')
  }
}

function originCheck(trustedOrigins: readonly string[]): (request: Request) => boolean {
  const trusted = new Set(trustedOrigins)
  return (request) => {
    const site = request.headers.get('sec-fetch-site')
    const origin = request.headers.get('origin')
    if (site === 'same-origin' || site === 'none') return true
    if (origin !== null && trusted.has(origin)) return true
    if (site !== null) return false
    if (origin === null) return true
    const url = originUrl(origin)
    return url !== null && bareHost(url) === requestHost(request)
  }
}

/**
 * Whether a request opens a WebSocket. It is a `GET`, so another site's page can open one with our
 * cookie and then talk as the visitor (RFC 6455 §10.2, OWASP WebSocket Security Cheat Sheet). A
 * page can leave out none of these headers; a server in front may drop some.
 */
export function opensWebSocket({ headers }: Request): boolean {
  const upgrade = headers.get('upgrade')
  return (
    (upgrade !== null && /\bwebsocket\b/i.test(upgrade)) ||
    headers.has('sec-websocket-key') ||
    headers.get('sec-fetch-mode')?.toLowerCase() === 'websocket'
  )
}

export const trustedOriginsOption: Option<readonly string[]> = own<readonly string[]>({
  wanted: 'a list of origins',
  fallback: [],
  problems(given, path) {
    if (!Array.isArray(given)) {
      return [`${path} must be a list of origins, such as ['https://app.example.com']`]
    }
    return given
      .filter((origin) => !isOrigin(origin))
      .map(
        (origin) =>
          `${path} has '${String(origin)}', which is not an origin; write scheme, host and port only, such as 'https://app.example.com'`,
      )
  },
})

/** A `*` is a character of a host to `URL`, and none of any page's. */
export function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string' || text.includes('*')) return false
  return isAppOrigin(text) || (URL.canParse(text) && new URL(text).origin === text)
}

/**
 * Whether a text is the origin of a page that an application has installed, as its web view sends
 * it: `capacitor://localhost`, `tauri://localhost`. `URL` says `null` of these, since a scheme of
 * one's own says nothing of hosts; so one is compared as a whole.
 */
function isAppOrigin(text: string): boolean {
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*):\/\/[a-z\d.-]+(?::\d{1,5})?$/.exec(text) ?? []
  return scheme !== '' && !webSchemes.has(scheme)
}

/** Whose origins `URL` knows, or which have none. */
const webSchemes = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'file', 'blob', 'data', 'about'])

// The scheme is left out: behind a proxy that ends TLS, the server sees http where the browser
// said https. A page of the same host over plain http is outside what this check can defend.

/** Whether a header's text is an origin that could be trusted; a sandboxed page has none. */
export function isTrustable(origin: string): boolean {
  return originUrl(origin) !== null || isAppOrigin(origin)
}

/**
 * An origin as a browser writes that of a page; `null` for anything else, the text `null` among it.
 */
export function originUrl(origin: string): URL | null {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return null
  const url = new URL(origin)
  return url.origin === origin ? url : null
}

function requestHost(request: Request): string | null {
  const host = request.headers.get('host')
  const text = host === null ? request.url : `https://${host}`
  // What a `Host` has besides host and port would be read as something else.
  if (!URL.canParse(text) || (host !== null && /[^\w.:[\]-]/.test(host))) return null
  return bareHost(new URL(text))
}

function bareHost({ host }: URL): string {
  return host.replace(/:(80|443)$/, '')
}
