/**
 * Where applications have people sent back to: redirect URIs that are listed, and compared exactly
 * (RFC 9700 §2.1). Of a program on the same machine the port is free, and nothing else (RFC 8252
 * §7.3).
 */

/** A redirect URI that is listed. */
export interface ClientRedirect {
  /**
   * Whether nobody but the application gets what is sent there. Any program can listen on a port,
   * and any application can claim a scheme of its own (RFC 8252 §8.6).
   */
  readonly isAssured: boolean
  /**
   * Who that is, as far as the address says it: its host or its scheme; `null` for a program on the
   * same machine.
   */
  readonly who: string | null
}

/** An address of this machine, its port apart. */
const loopback = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?(\/.*)$/

/** `null` for one that is not listed. */
export function clientRedirect(
  asked: string,
  registered: readonly string[],
): ClientRedirect | null {
  const [, host, port, rest] = loopback.exec(asked) ?? []
  const isLoopback = host !== undefined
  if (isLoopback && Number(port ?? 80) > 65_535) return null
  if (!registered.includes(isLoopback ? `${host}${rest}` : asked)) return null
  const { protocol, hostname } = new URL(asked)
  const isAssured = protocol === 'https:'
  const who = isAssured ? hostname : isLoopback ? null : protocol.slice(0, -1)
  return { isAssured, who }
}

/** What is wrong with a list of them, one sentence each. */
export function clientRedirectProblems(given: unknown, path: string): string[] {
  if (!Array.isArray(given)) {
    return [`${path} must be a list of redirect URIs, such as ['com.example.app:/signed-in']`]
  }
  return given.flatMap((one) => {
    const problem = problemOf(one)
    return problem === null ? [] : [`${path} has '${String(one)}', ${problem}`]
  })
}

function problemOf(given: unknown): string | null {
  const such =
    "write one such as 'com.example.app:/signed-in' or 'https://app.example.com/signed-in'"
  const url = typeof given === 'string' && given.length <= 500 ? URL.parse(given) : null
  if (typeof given !== 'string' || url === null || !/^[!-~]+$/.test(given)) {
    return `which is not a redirect URI; ${such}`
  }
  if (/[#*\\]/.test(given) || url.username !== '' || url.password !== '') {
    return `which has a fragment, a password, '*' or '\\' in it; ${such}`
  }
  if (url.protocol === 'https:') return null
  if (url.protocol !== 'http:') {
    // Of a domain of one's own, turned around: nobody else has it by chance (RFC 8252 §7.1).
    return /^[a-z][a-z\d+-]*(\.[a-z\d+-]+)+:\/(?!\/)/.test(given)
      ? null
      : `whose scheme is not a domain of yours turned around, with one slash; ${such}`
  }
  if (url.hostname === 'localhost') {
    return "which a name server or another interface may answer (RFC 8252 §8.3); write 'http://127.0.0.1/…' and 'http://[::1]/…'"
  }
  const [, host, port, rest] = loopback.exec(given) ?? []
  if (host === undefined) {
    return "which must begin with https://; a program on the same machine writes 'http://127.0.0.1/signed-in'"
  }
  return port === undefined
    ? null
    : `whose port is free; write '${host}${rest}', which any port matches`
}
