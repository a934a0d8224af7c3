/** Somebody with an account, who has been here before the outage. */
import { type Answer, type Asked, Client } from '../client.ts'

const password = 'correct horse battery'

/** A request that is not answered by then hangs: many times what the application may wait. */
const patienceMs = 15_000

/** Each comes from an address of its own. */
let visitors = 0

export class Visitor {
  readonly name: string
  /** Every password that the account may have by now. */
  readonly passwords: string[] = [password]
  readonly #origins: readonly string[]
  readonly #address: string
  client: Client
  access = ''
  refresh = ''
  key = ''
  /** The handle of another session of theirs. */
  other = ''

  constructor(name: string, origins: readonly string[]) {
    this.name = name
    this.#origins = origins
    visitors++
    this.#address = `10.1.${visitors >> 8}.${visitors & 255}`
    this.client = this.stranger()
  }

  stranger(): Client {
    return new Client(this.#address)
  }

  /** Registers, and gets one of every credential. */
  async arrive(): Promise<void> {
    const { name } = this
    await this.#must('POST', '/register', {
      json: { ...this.#account(), email: `${name}@example.com` },
    })
    await this.#must('POST', '/login', { json: this.#account() })
    const first = this.client
    this.client = first.copy()
    for (const cookie of ['__Host-session_id', 'csrf_token']) this.client.jar.delete(cookie)
    await this.#must('POST', '/login', { json: this.#account() })
    const { body } = await this.#must('GET', '/sessions')
    const sessions = body['list'] as { session_id: string; current: boolean }[]
    this.other = sessions.find(({ current }) => !current)?.session_id ?? ''
    const tokens = await this.#must('POST', '/token', { json: this.#account() })
    this.access = String(tokens.body['access_token'])
    this.refresh = String(tokens.body['refresh_token'])
    this.key = String((await this.#must('POST', '/api-keys', { json: { name: 'CI' } })).body['key'])
  }

  ask(method: string, path: string, asked?: Asked, client = this.client): Promise<Answer> {
    const answer = client.ask(this.#origins[0] ?? '', method, path, asked)
    return within(answer, `${method} ${path}`)
  }

  /** As a browser of theirs without a session. */
  logIn(given = this.passwords.at(-1)): Promise<Answer> {
    const client = this.client.copy()
    for (const cookie of ['__Host-session_id', 'csrf_token']) client.jar.delete(cookie)
    return this.ask('POST', '/login', { json: { username: this.name, password: given } }, client)
  }

  async canLogIn(): Promise<boolean> {
    for (const one of this.passwords) if ((await this.logIn(one)).status === 200) return true
    return false
  }

  async canComeAndGo(): Promise<boolean> {
    await this.ask('POST', '/register', {
      json: { ...this.#account(), email: `${this.name}@example.com` },
    })
    return (await this.logIn()).status === 200
  }

  /** On every process. */
  async checks(client = this.client): Promise<number[]> {
    const answers = this.#origins.map((origin) =>
      within(client.copy().ask(origin, 'GET', '/me'), 'me'),
    )
    return (await Promise.all(answers)).map(({ status }) => status)
  }

  /** What must still be true when the outage is over. */
  async history() {
    const loggedOut = this.client.copy()
    for (const cookie of ['__Host-session_id', 'csrf_token']) loggedOut.jar.delete(cookie)
    await this.#must('POST', '/login', { json: this.#account() }, loggedOut)
    const revoked = loggedOut.copy()
    await this.#must('POST', '/logout', undefined, loggedOut)

    const thief = this.stranger()
    const guess = (n: number) =>
      this.ask(
        'POST',
        '/login',
        { json: { username: 'nobody-here', password: `wrong ${n}` } },
        thief,
      )
    for (let n = 0; n < 6; n++) await guess(n)

    const used = (await this.#must('POST', '/token', { json: this.#account() })).body[
      'refresh_token'
    ]
    const again = () =>
      this.ask('POST', '/refresh', { json: { refresh_token: used } }, this.stranger())
    const next = (await again()).body['refresh_token']
    await this.ask('POST', '/refresh', { json: { refresh_token: next } }, this.stranger())
    return {
      revoked: () => this.checks(revoked),
      locked: async () => (await guess(6)).status,
      usedRefreshToken: async () => (await again()).status,
    }
  }

  /** Asks who they are, again and again, until it is told to stop; every status that it saw. */
  keepAsking(): () => Promise<ReadonlySet<number>> {
    const statuses = new Set<number>()
    let asking = true
    const loop = async () => {
      while (asking) for (const status of await this.checks()) statuses.add(status)
    }
    const done = Promise.all([loop(), loop(), loop()])
    return async () => {
      asking = false
      await done
      return statuses
    }
  }

  async #must(method: string, path: string, asked?: Asked, client?: Client): Promise<Answer> {
    const answer = await this.ask(method, path, asked, client)
    if (answer.status === 200) return answer
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }

  #account() {
    return { username: this.name, password }
  }
}

async function within<Value>(answer: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), patienceMs)
  })
  try {
    return await Promise.race([answer, hangs])
  } finally {
    clearTimeout(timer)
  }
}
