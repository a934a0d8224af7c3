/**
 * The cookies that the library reads and writes, and the one policy that they share.
 *
 * A cookie that authenticates carries the `__Host-` prefix wherever its attributes allow it, so
 * that no sibling domain can plant one (RFC 6265bis §4.1.3). No cookie ever has a Domain.
 */
import { parseCookie, stringifySetCookie } from 'cookie'
import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { flag, oneOf, text } from '../options/option.ts'

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

/** Where browsers send a cookie; `;` would end the attribute. */
export const cookiePath: RegExp = /^\/[\x21-\x3a\x3c-\x7e]*$/

export const cookieOptions: Declaration<CookiePolicy> = declareOptions<CookiePolicy>(
  {
    secure: flag(true),
    sameSite: oneOf(['lax', 'strict'], 'lax', {
      none: 'SameSite=None lets every site send the session along; serve the frontend from the same site',
    }),
    path: text('/', {
      pattern: cookiePath,
      wanted: "a path that starts with '/' and has neither ';' nor spaces, such as '/'",
    }),
  },
  {
    write: 'cookies: { secure: false } to send them over plain HTTP, in development only',
    elsewhere: {
      domain:
        'the cookies are of one host, so that no neighbouring host can plant one; leave it out',
      maxAge: 'lifetimes belong to the transport: write session({ absoluteTimeout: 86400 })',
    },
  },
)

export interface CookieAttributes extends CookiePolicy {
  readonly httpOnly: boolean
}

export interface Cookie {
  /** The name as the browser knows it, with its prefix. */
  readonly name: string
  readonly attributes: CookieAttributes
  /** A Set-Cookie value; without `maxAgeSeconds` the cookie ends with the browser session. */
  set(value: string, maxAgeSeconds?: number): string
  /** A Set-Cookie value that removes the cookie. */
  clear(): string
}

export interface CookieDefinition {
  readonly name: string
  readonly httpOnly: boolean
  /** Whether the name may get the `__Host-` prefix; a name that scripts read by heart may not. */
  readonly prefix: boolean
}

export function defineCookie(definition: CookieDefinition, policy: CookiePolicy): Cookie {
  const prefixed = definition.prefix && policy.secure && policy.path === '/'
  const name = prefixed ? `__Host-${definition.name}` : definition.name
  const attributes: CookieAttributes = { ...policy, httpOnly: definition.httpOnly }
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
    clear: () =>
      stringifySetCookie({ ...attributes, name, value: '', maxAge: 0, expires: new Date(0) }),
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
  const labels = host.split('.')
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))
  return domains.slice(-3).map((domain) => `${cookie.clear()}; Domain=${domain}`)
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
