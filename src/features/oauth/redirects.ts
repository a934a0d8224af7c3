/**
 * Where people are sent when all is done: to a path of this host, or to an origin that is listed.
 * Whatever else somebody asks for falls back to the default (OWASP, Unvalidated Redirects).
 */

/** A longer target is nobody's page. */
const maxLength = 2048

/** Resolves paths; nothing is sent there. */
const base = 'https://host.invalid'

/**
 * The target that was asked for, percent-encoded where needed; `null` for one that leads elsewhere.
 *
 * @param origins Further origins, such as `https://app.example.com`.
 */
export function safeTarget(asked: string | null, origins: readonly string[]): string | null {
  // What a browser ignores in an address, or reads as a slash, would make it another.
  if (asked === null || asked.length > maxLength || !/^[^\\\p{Cc}\s]+$/u.test(asked)) return null
  if (!asked.isWellFormed()) return null
  if (asked.startsWith('/')) {
    const url = asked.startsWith('//') ? null : URL.parse(asked, base)
    if (url?.origin !== base) return null
    const path = `${url.pathname}${url.search}${url.hash}`
    // As of `/a/..//elsewhere`, which is a host once it stands alone.
    return path.startsWith('//') ? null : path
  }
  const url = URL.parse(asked)
  if (url === null || url.username !== '' || url.password !== '') return null
  return origins.includes(url.origin) ? url.href : null
}

/** The same address with these parameters added. */
export function withParameters(target: string, parameters: Readonly<Record<string, string>>) {
  const [before = '', fragment] = target.split(/#(.*)/s, 2)
  const query = new URLSearchParams(parameters)
  const mark = before.includes('?') ? '&' : '?'
  return `${before}${mark}${query}${fragment === undefined ? '' : `#${fragment}`}`
}
