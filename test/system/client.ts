/**
 * A client that keeps cookies, comes from one address, and asks whichever process it is told to.
 */

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export interface Asked {
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export class Client {
  readonly jar: Map<string, string>
  readonly #address: string
  readonly #seen: ((answer: Answer, path: string) => void) | undefined

  constructor(
    address: string,
    seen?: (answer: Answer, path: string) => void,
    jar: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#address = address
    this.#seen = seen
    this.jar = new Map(jar)
  }

  /** The same browser at this moment, whose cookies then go their own way. */
  copy(): Client {
    return new Client(this.#address, this.#seen, this.jar)
  }

  async ask(
    origin: string,
    method: string,
    path: string,
    { json, headers = {} }: Asked = {},
  ): Promise<Answer> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const csrf = this.jar.get('csrf_token')
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        'x-forwarded-for': this.#address,
        'user-agent': 'system test',
        ...(cookie ? { cookie } : {}),
        ...(csrf && method !== 'GET' ? { 'x-csrf-token': csrf } : {}),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.jar.delete(name)
      else this.jar.set(name, value)
    }
    const text = await response.text()
    const parsed: unknown = text === '' ? {} : JSON.parse(text)
    const body = (Array.isArray(parsed) ? { list: parsed } : parsed) as Answer['body']
    const answer = { status: response.status, headers: response.headers, body }
    this.#seen?.(answer, `${method} ${path}`)
    return answer
  }
}
