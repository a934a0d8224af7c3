/**
 * Requests to providers: bounded in time and size, never redirected, never decompressed, and never
 * to a private network unless the provider says so.
 *
 * Endpoints come from a provider's metadata, which is to say from somebody else. So the address is
 * judged that the connection is made to, after the name was resolved: a name that resolves to
 * another address the second time reaches nothing (OWASP, Server-Side Request Forgery Prevention).
 */
import { lookup as resolve } from 'node:dns'
import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** More than any metadata, key set or profile has. */
const maxBytes = 512 * 1024

/** What a request to a provider is made of. */
export interface OutboundRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface OutboundSettings {
  /** For the whole of it: connecting, waiting, reading. */
  readonly timeoutMs: number
  /** Also to private addresses, and without TLS to this machine. */
  readonly onPrivateNetwork: boolean
  /** Makes the requests instead, such as through a proxy. */
  readonly fetch?: OAuthFetch | undefined
}

/**
 * Makes a request: the platform's `fetch`, or one that goes through a proxy. It must follow no
 * redirect, and end with the signal.
 */
export type OAuthFetch = (
  url: string,
  init: {
    readonly method: string
    readonly headers: Record<string, string>
    readonly body?: string
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  },
) => Promise<Response>

/** A request to a provider that was not made, or not answered as it should. Repeats no answer. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
}

export type Outbound = (url: string, request?: OutboundRequest) => Promise<Response>

export function outbound({ timeoutMs, onPrivateNetwork, fetch }: OutboundSettings): Outbound {
  if (fetch !== undefined) return through(fetch, timeoutMs, onPrivateNetwork)
  return (text, { method = 'GET', headers = {}, body } = {}) => {
    const url = checkedUrl(text, onPrivateNetwork)
    const sent = body === undefined || body === null ? '' : String(body)
    const options = {
      method,
      headers: {
        ...headers,
        // What nobody compressed cannot be a bomb.
        'accept-encoding': 'identity',
        ...(sent === '' ? {} : { 'content-length': String(Buffer.byteLength(sent)) }),
      },
      lookup: onPrivateNetwork ? undefined : publicLookup,
      // A connection that is kept would be used again without a look at its address.
      agent: false as const,
    }
    return new Promise((done, fail) => {
      const open = url.protocol === 'https:' ? overHttps : overHttp
      const request = open(url, options, (answer) => {
        readAnswer(answerOf(answer)).then(done, refuse).finally(settle)
      })
      const timer = setTimeout(
        () => refuse(new OutboundError(`did not answer within ${timeoutMs} ms`)),
        timeoutMs,
      )
      const settle = () => clearTimeout(timer)
      function refuse(error: unknown) {
        settle()
        request.destroy()
        fail(error instanceof OutboundError ? error : new OutboundError(reasonOf(error)))
      }
      request.on('error', refuse)
      request.end(sent)
    })
  }
}

/**
 * The same by somebody else's `fetch`. Who that connects to is out of our hands: a name that
 * resolves to a private network is not noticed, only an address that is written out.
 */
function through(fetch: OAuthFetch, timeoutMs: number, onPrivateNetwork: boolean): Outbound {
  return async (text, { method = 'GET', headers = {}, body } = {}) => {
    const url = checkedUrl(text, onPrivateNetwork).href
    const sent = body === undefined || body === null ? {} : { body: String(body) }
    const ending = new AbortController()
    let timer: NodeJS.Timeout | undefined
    // It may not look at the signal.
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => {
        ending.abort()
        fail(new OutboundError(`did not answer within ${timeoutMs} ms`))
      }, timeoutMs)
    })
    const asked = async () => {
      const init = { method, headers: { ...headers, 'accept-encoding': 'identity' }, ...sent }
      const { signal } = ending
      const answer = await fetch(url, { ...init, redirect: 'manual', signal })
      const isRedirect = answer.type === 'opaqueredirect' || answer.redirected
      const status = isRedirect ? 302 : answer.status
      const of = (name: string) => answer.headers.get(name) ?? undefined
      return await readAnswer({ status, headerOf: of, body: answer.body ?? [] })
    }
    try {
      return await Promise.race([asked(), late])
    } catch (error) {
      throw error instanceof OutboundError ? error : new OutboundError(reasonOf(error))
    } finally {
      clearTimeout(timer)
      ending.abort()
    }
  }
}

/** @throws OutboundError for what is not to be asked. */
export function checkedUrl(text: string, onPrivateNetwork: boolean): URL {
  const url = URL.parse(text)
  if (url === null) throw new OutboundError('is not a URL')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isPlain = url.protocol === 'http:' && onPrivateNetwork && isThisMachine(host)
  if (url.protocol !== 'https:' && !isPlain) throw new OutboundError('is not https')
  if (url.username !== '' || url.password !== '') throw new OutboundError('has a password in it')
  // A literal address is not looked up.
  if (!onPrivateNetwork && isIP(host) !== 0 && !isPublic(host)) throw privateAddress()
  return url
}

/** Whether an address is on the internet, and of no network that a router keeps to itself. */
export function isPublic(address: string): boolean {
  try {
    const parsed = ipaddr.process(address)
    const range = parsed.range()
    // NAT64 (RFC 6052): the last four bytes are the IPv4 address that it leads to.
    if (range === 'rfc6052') return isPublic(parsed.toByteArray().slice(-4).join('.'))
    if (range !== 'unicast') return false
    // Elsewhere IANA has given nothing to the internet; `::7f00:1` is 127.0.0.1 in old clothes.
    return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1
  } catch {
    return false
  }
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

const publicLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, options, (error, found, family) => {
    const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found]
    if (error === null && !addresses.every(isPublic)) {
      done(privateAddress(), found, family)
    } else {
      done(error, found, family)
    }
  })
}

function privateAddress(): OutboundError {
  return new OutboundError('is on a private network')
}

interface Answer {
  readonly status: number
  readonly headerOf: (name: string) => string | string[] | undefined
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

function answerOf(answer: IncomingMessage): Answer {
  const { statusCode: status = 0, headers } = answer
  return { status, headerOf: (name) => headers[name], body: answer as AsyncIterable<Buffer> }
}

async function readAnswer({ status, headerOf, body }: Answer): Promise<Response> {
  if (status >= 300 && status < 400) throw new OutboundError('answered with a redirect')
  if ((headerOf('content-encoding') ?? 'identity') !== 'identity') {
    throw new OutboundError('answered compressed, which was not asked for')
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new OutboundError(`answered with more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const headers = new Headers()
  for (const name of ['content-type', 'www-authenticate', 'retry-after']) {
    const value = headerOf(name)
    if (typeof value === 'string') headers.set(name, value)
  }
  const hasBody = status !== 204 && size > 0
  return new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers })
}

/** The code of a network's error; its message may repeat what was sent. */
function reasonOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  return `did not answer: ${typeof code === 'string' ? code : 'the connection failed'}`
}
