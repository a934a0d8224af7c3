/**
 * Mistakes in a set-up that only requests show. Each is told once, with what to write instead;
 * never with anything that a client sent but an origin or a host.
 */
import type { EventListener } from '../events.ts'
import type { TrustedProxySettings } from './client-address.ts'
import { isWithin } from './cookie-domain.ts'
import type { CookiePolicy } from './cookies.ts'
import { isTrustable, originUrl } from './origin.ts'

/**
 * A proxy that the configuration does not name: everybody behind it has its address, and five wrong
 * passwords of anybody lock all out. Told in production, too; saying that there is none ends it.
 */
export function ignoredProxies(
  { hops, networks }: TrustedProxySettings,
  emit: EventListener,
): (headers: Headers) => void {
  let isDone = hops !== undefined || networks !== undefined
  return (headers) => {
    if (isDone || !(headers.has('x-forwarded-for') || headers.has('forwarded'))) return
    isDone = true
    emit({
      name: 'warning',
      code: 'ignored_forwarded_header',
      message: [
        'a request came with X-Forwarded-For or Forwarded, and trustedProxies is not set, so the header is ignored. ',
        'If a proxy stands in front of this server, all its clients count as one address, and five wrong passwords by anyone lock everybody out: ',
        "write trustedProxies: { networks: ['10.0.0.0/8'] } with the networks of your proxies, or { hops: 1 } for one proxy, which believes any peer. ",
        'If there is no proxy, write trustedProxies: { hops: 0 }.',
      ].join(''),
    })
  }
}

/** A developer has fewer frontends than this. */
const maxOrigins = 10

/** A page of another origin was refused: the line that would admit it. Not in production. */
export function refusedOrigins(
  trustedOrigins: readonly string[],
  emit: EventListener,
): (origin: string | null) => void {
  if (inProduction()) return () => undefined
  const told = new Set<string>()
  return (origin) => {
    if (origin === null || !isTrustable(origin)) return
    if (told.has(origin) || told.size >= maxOrigins) return
    told.add(origin)
    const admitting = [...trustedOrigins, origin].map((one) => `'${one}'`).join(', ')
    emit({
      name: 'warning',
      code: 'refused_origin',
      message: `a page of ${origin} sent a request that uses the cookies of this server. If that page is yours, write trustedOrigins: [${admitting}].`,
    })
  }
}

/**
 * Cookies that the browser drops without a word, so that the login that just went well is none:
 * `Secure` ones, set for a page that came over plain HTTP, and those of a domain that the host of
 * the request is not in. Not in production.
 */
export function refusedCookies(
  { secure }: CookiePolicy,
  domains: readonly string[],
  emit: EventListener,
): (request: Request) => void {
  const isPlain = refusedOverHttp(secure, emit)
  const told = new Set<string>()
  return (request) => {
    isPlain(request)
    if (inProduction() || domains.length === 0) return
    const host = request.headers.get('host') ?? new URL(request.url).host
    for (const domain of domains) {
      if (told.has(domain) || isWithin(host, domain)) continue
      told.add(domain)
      emit({
        name: 'warning',
        code: 'refused_cookie',
        message: `a browser does not keep the cookie for '${domain}' that it was just sent: the host that it asked, '${host}', is not within that domain. Ask by a host that is, or leave out the domain of the cookie.`,
      })
    }
  }
}

function refusedOverHttp(secure: boolean, emit: EventListener): (request: Request) => void {
  let isDone = !secure || inProduction()
  return (request) => {
    const origin = isDone ? null : plainOrigin(request)
    if (origin === null) return
    isDone = true
    emit({
      name: 'warning',
      code: 'refused_cookie',
      message: `a browser at ${origin} does not keep the cookies that it was just sent: they are Secure, and that page came over plain HTTP. Use https://, or http://localhost, or write cookies: { secure: process.env.NODE_ENV === 'production' }.`,
    })
  }
}

/**
 * The origin of the page that sent a request, if it came over plain HTTP from another machine. The
 * scheme of the request says nothing behind a proxy that ends TLS. What the browser says does: the
 * origin of its page, and `Sec-Fetch-Site`, which it sends only over HTTPS and to localhost.
 */
function plainOrigin({ headers }: Request): string | null {
  if (headers.has('sec-fetch-site')) return null
  const page = originUrl(headers.get('origin') ?? '')
  return page?.protocol === 'http:' && !isLocal(page.hostname) ? page.origin : null
}

/** Where browsers keep `Secure` cookies over plain HTTP. */
function isLocal(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

function inProduction(): boolean {
  return process.env['NODE_ENV'] === 'production'
}
