/**
 * The cookies that the library reads and writes, and the one policy that they share.
 *
 * A cookie that authenticates carries the `__Host-` prefix wherever its attributes allow it, so
 * that no sibling domain can plant one (RFC 6265bis §4.1.3). Only the session and the refresh
 * cookie can have a Domain, where a transport says so.
 */
import { parseCookie, stringifySetCookie } from 'cookie'
import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { flag, type Option, oneOf, own, text } from '../options/option.ts'
import { cookieDomainProblems } from './cookie-domain.ts'

/** The attributes that all cookies share. */
export interface CookieOptions {
  /**
   * Sends the cookies over HTTPS only. Browsers treat `http://localhost` as secure; a LAN address
   * over plain HTTP needs `false`. Default `true`.
   */
  secure?: boolean
  /**
   * The `SameSite` attribute. `none` is refused: it would take away the first defence against CSRF.
   * Default `lax`.
   */
  sameSite?: 'lax' | 'strict'
  /** The path under which browsers send the cookies. Default `/`. */
  path?: string
}

export type CookiePolicy = Settled<CookieOptions>

/** Why a cookie that is a whole login has no `SameSite=None`. */
export const sameSiteNone =
  "SameSite=None lets every site send the session along; serve the frontend from the same site, or write bearer({ refreshCookieSameSite: 'none' }) for the refresh cookie alone"

/** Where browsers send a cookie; `;` would end the attribute. */
export const cookiePath: RegExp = /^\/[\x21-\x3a\x3c-\x7e]*$/

export const cookieOptions: Declaration<CookiePolicy> = declareOptions<CookiePolicy>(
  {
    secure: flag(true),
    sameSite: oneOf(['lax', 'strict'], 'lax', { none: sameSiteNone }),
    path: cookiePathOption(),
  },
  {
    write: 'cookies: { secure: false } to send them over plain HTTP, in development only',
    elsewhere: {
      domain:
        "cookies are of one host, so that no neighbouring host can plant one; leave it out, or write session({ cookieDomain: 'example.com' }) for the cookies of the session alone",
      maxAge: 'lifetimes belong to the transport: write session({ absoluteTimeout: 86400 })',
      httpOnly: 'leave it out: all cookies have it, but for csrf_token, which pages read',
      name: "write session({ cookieName: '…' })",
      prefix: "write session({ cookieName: '…' })",
    },
  },
)

/** What one cookie may have for itself. */
export interface CookieExceptions {
  /** The hosts that get it: this domain and all below. Default: the host that sets it alone. */
  readonly domain?: string | undefined
  readonly path?: string | undefined
  /** `none` only where every use of it checks the origin. */
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined
}

export interface CookieAttributes extends Omit<CookiePolicy, 'sameSite'> {
  readonly httpOnly: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly domain?: string
}

/** RFC 6265 §4.1.1: a cookie's name is a token. */
const isCookieName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const cookiePrefix = /^__(?:Host|Secure)-/i

/** The name of a cookie, without the prefix that it may get. */
export function cookieName(fallback: string): Option<string> {
  return own({
    wanted: `a cookie name, such as '${fallback}'`,
    fallback,
    problems(given, path) {
      if (typeof given !== 'string' || !isCookieName.test(given)) {
        return [`${path} must be a cookie name, such as '${fallback}'`]
      }
      return cookiePrefix.test(given)
        ? [
            `${path} has a prefix, which is added where it applies; write '${given.replace(cookiePrefix, '')}'`,
          ]
        : []
    },
  })
}

/** A path of one cookie. */
export function cookiePathOption(): Option<string> {
  return text('/', {
    pattern: cookiePath,
    wanted: "a path that starts with '/' and has neither ';' nor spaces, such as '/'",
  })
}

/** A domain of one cookie, see `cookie-domain.ts`. */
export const cookieDomainOption: Option<string> = own({
  wanted: "a domain, such as 'example.com'",
  fallback: '',
  problems: cookieDomainProblems,
})

/** Two cookies of one name: either would be read as the other. */
export function cookiesOfOneName(cookies: readonly Cookie[]): string[] {
  const bare = [...new Set(cookies)].map(({ name }) => name.replace(cookiePrefix, ''))
  const twice = new Set(bare.filter((name, index) => bare.indexOf(name) < index))
  return [...twice].map(
    (name) =>
      `two cookies of the library are called '${name}'; leave out the name of one of them (cookieName, csrfCookieName, refreshCookieName), or write another`,
  )
}

export interface Cookie {
  /** The name as the browser knows it, with its prefix. */
  readonly name: string
  readonly attributes: CookieAttributes
  /** A Set-Cookie value; without `maxAgeSeconds` the cookie ends with the browser session. */
  set(value: string, maxAgeSeconds?: number): string
  /**
   * A Set-Cookie value that removes the cookie.
   *
   * @param domain Of one of another domain, or of the host alone (`null`). Default: its own.
   */
  clear(domain?: string | null): string
}

export interface CookieDefinition {
  readonly name: string
  readonly httpOnly: boolean
  /** Whether the name may get the `__Host-` prefix; a name that scripts read by heart may not. */
  readonly prefix: boolean
}

export function defineCookie(
  definition: CookieDefinition,
  policy: CookiePolicy,
  { domain, path = policy.path, sameSite = policy.sameSite }: CookieExceptions = {},
): Cookie {
  const prefixed = definition.prefix && policy.secure && path === '/' && domain === undefined
  const name = prefixed ? `__Host-${definition.name}` : definition.name
  const { httpOnly } = definition
  const attributes: CookieAttributes = {
    ...policy,
    path,
    sameSite,
    ...(domain === undefined ? {} : { domain }),
    httpOnly,
  }
  return {
    name,
    attributes,
    set: (value, maxAgeSeconds) =>
      stringifySetCookie({
        ...attributes,
        name,
        value,
        ...(maxAgeSeconds === undefined ? {} : { maxAge: Math.floor(maxAgeSeconds) }),
      }),
    clear: (of = domain) => {
      const { domain: _own, ...rest } = attributes
      const placed = of === undefined || of === null ? rest : { ...rest, domain: of }
      return stringifySetCookie({ ...placed, name, value: '', maxAge: 0, expires: new Date(0) })
    },
  }
}

/**
 * The cookies of a request, as they were sent, the first one of a name. What is asked for is
 * decoded by who asks: a header of hundreds that cannot be would take a hundred times as long as
 * its request.
 */
export function readCookies(headers: Headers): Readonly<Record<string, string | undefined>> {
  const header = headers.get('cookie')
  return header === null ? noCookies : parseCookie(header, { decode: asSent })
}

/**
 * Set-Cookie values that remove a cookie which a parent domain of this host may have set. No
 * browser lets a site do so for the domains of others.
 */
export function clearOfParents(cookie: Cookie, host: string): string[] {
  if (cookie.name.startsWith('__Host-') || !/[a-z]$/i.test(host)) return []
  const { domain: own } = cookie.attributes
  const labels = host.split('.')
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))
  return [
    ...(own === undefined ? [] : [cookie.clear(null)]),
    ...domains
      .slice(-3)
      .filter((domain) => domain !== own)
      .map((domain) => cookie.clear(domain)),
  ]
}

/** A browser has one, and a few that others planted; a client may send hundreds. */
const mostOfOneName = 16

/** The values of the cookies of this name, in the order in which they came, sixteen at most. */
export function cookieValues(headers: Headers, name: string): readonly string[] {
  const header = headers.get('cookie')
  if (header === null) return []
  const values: string[] = []
  for (let at = header.indexOf(name); at >= 0 && values.length < mostOfOneName; ) {
    const end = header.indexOf(';', at)
    const pair = header.slice(header.lastIndexOf(';', at) + 1, end < 0 ? undefined : end)
    const value = parseCookie(pair, { decode: asSent })[name]
    if (value !== undefined) values.push(decodedCookie(value))
    at = end < 0 ? -1 : header.indexOf(name, end)
  }
  return values
}

const asSent = (text: string) => text

/** The value of a cookie, of what was sent. */
export function decodedCookie(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const noCookies: Readonly<Record<string, undefined>> = Object.freeze({})
