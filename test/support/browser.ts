/**
 * A client that keeps cookies as a browser does, and one peer address.
 */

/** Anything that answers requests: `auth`, or a Hono application. */
export type Send = (request: Request, peer: string | undefined) => Promise<Response>

export interface StoredCookie {
  readonly value: string
  /** Attribute names in lower case; flags are `true`. */
  readonly attributes: Readonly<Record<string, string | true>>
  /** The Set-Cookie line as it came. */
  readonly line: string
}

export interface BrowserOptions {
  peer?: string | undefined
  origin?: string
  userAgent?: string
}

export interface CallOptions {
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as an urlencoded form. */
  form?: Record<string, string>
  /** Sent as it is. */
  body?: RequestInit['body']
  /** Attach the CSRF token, as a page of ours would. Default `true`. */
  csrf?: boolean
  signal?: AbortSignal
}

export class Browser {
  readonly jar: Map<string, StoredCookie> = new Map()
  readonly #send: Send
  readonly #options: BrowserOptions

  constructor(send: Send, options: BrowserOptions = {}) {
    this.#send = send
    this.#options = { peer: '203.0.113.7', ...options }
  }

  get origin(): string {
    return this.#options.origin ?? 'https://app.example.com'
  }

  cookie(name: string): string | undefined {
    return this.jar.get(name)?.value
  }

  get sessionId(): string | undefined {
    return this.cookie('__Host-session_id') ?? this.cookie('session_id')
  }

  get csrfToken(): string | undefined {
    return this.cookie('csrf_token')
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const headers = new Headers(options.headers)
    if (this.jar.size > 0 && !headers.has('cookie')) {
      headers.set('cookie', [...this.jar].map(([name, { value }]) => `${name}=${value}`).join('; '))
    }
    if (this.#options.userAgent) headers.set('user-agent', this.#options.userAgent)
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(method)
    if (changes && options.csrf !== false && this.csrfToken && !headers.has('x-csrf-token')) {
      headers.set('x-csrf-token', this.csrfToken)
    }
    const init: RequestInit & { duplex?: 'half' } = { method, headers }
    if (options.signal) init.signal = options.signal
    if (options.json !== undefined) {
      headers.set('content-type', 'application/json')
      init.body = JSON.stringify(options.json)
    } else if (options.form) {
      init.body = new URLSearchParams(options.form)
    } else if (options.body !== undefined) {
      init.body = options.body
      init.duplex = 'half'
    }
    const request = new Request(new URL(path, this.origin), init)
    const response = await this.#send(request, this.#options.peer)
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  get(path: string, options?: CallOptions): Promise<Response> {
    return this.call('GET', path, options)
  }

  post(path: string, json?: unknown, options: CallOptions = {}): Promise<Response> {
    return this.call('POST', path, { ...(json === undefined ? {} : { json }), ...options })
  }

  #keep(line: string): void {
    const [pair = '', ...rest] = line.split('; ')
    const [name = '', value = ''] = split(pair)
    const attributes: Record<string, string | true> = {}
    for (const attribute of rest) {
      const [key = '', text] = split(attribute)
      attributes[key.toLowerCase()] = text ?? true
    }
    if (attributes['max-age'] === '0') this.jar.delete(name)
    else this.jar.set(name, { value, attributes, line })
  }
}

function split(pair: string): [string, string?] {
  const at = pair.indexOf('=')
  return at < 0 ? [pair] : [pair.slice(0, at), pair.slice(at + 1)]
}
