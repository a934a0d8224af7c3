/**
 * One person with several browsers and programs, who knows what must be true of each: the oracle.
 *
 * What a person does is drawn at random, and asked of any process. Whatever ended has ended
 * everywhere at once and for good; whatever lives, lives everywhere.
 */
import { type Answer, type Asked, Client } from '../client.ts'
import type { Random } from './random.ts'

interface Browser {
  client: Client
  /** `unknown` after a race that may have ended it: whatever is seen first must stay. */
  state: 'live' | 'dead' | 'unknown'
}

interface Login {
  /** The tokens in their order; the last one is to be used next. */
  readonly refresh: string[]
  access: string
  state: 'live' | 'dead'
  /** Whether its access token still counts: only the end of the epoch ends that. */
  accessLives: boolean
}

const cap = 5
const budget = 5

export class Person {
  readonly name: string
  /** What was seen and must not be. */
  readonly wrongs: string[] = []
  /** How often all credentials were ended. */
  raised = 0
  readonly #origins: readonly string[]
  readonly #random: Random
  readonly #address: string
  readonly #device: Client
  #password = 'correct horse battery'
  #browsers: Browser[] = []
  #logins: Login[] = []
  /** Whether it is known which of the sessions is the oldest. */
  #isOrdered = true
  #steps: string[] = []

  constructor(name: string, number: number, origins: readonly string[], random: Random) {
    this.name = name
    this.#origins = origins
    this.#random = random
    this.#address = `10.0.0.${number}`
    this.#device = this.#client()
  }

  async register(): Promise<void> {
    const json = { email: `${this.name}@example.com`, ...this.#credentials() }
    this.#expect(await this.#ask(this.#device, 'POST', '/register', { json }), 200)
    await this.#logIn()
  }

  /** Does something at random. */
  async step(): Promise<void> {
    const actions: readonly (() => Promise<unknown>)[] = [
      () => this.#logIn(),
      () => this.#logIn(),
      () => this.#check(),
      () => this.#check(),
      () => this.#logOut(),
      () => this.#revokeOther(),
      () => this.#endOthers(),
      () => this.#endAll(),
      () => this.#takeTokens(),
      () => this.#refreshAtOnce(),
      () => this.#refreshAtOnce(),
      () => this.#replay(),
      () => this.#revokeTokens(),
      () => this.#changePassword(),
      () => this.#attack(),
      () => this.#logInAtOnce(),
      () => this.#endWhileLoggingIn(),
      () => this.#elevate(),
    ]
    await this.#random.pick(actions)()
  }

  /** Everything that must be true at the end, of every process. */
  async verify(): Promise<void> {
    this.#note('verify')
    await Promise.all(
      this.#origins.map(async (origin) => {
        for (const browser of this.#browsers) await this.#see(browser, origin)
        for (const login of this.#logins) await this.#seeAccess(login, origin)
      }),
    )
    const [live] = this.#living()
    if (live) {
      const answer = await this.#ask(live.client, 'GET', '/sessions')
      this.#expect(answer, 200)
      const listed = ((answer.body['list'] ?? []) as unknown[]).length
      const known = this.#browsers.filter(({ state }) => state !== 'dead').length
      if (listed !== known) this.#wrong(`${listed} sessions are listed, and ${known} are alive`)
    }
    for (const login of this.#logins) {
      const token = login.refresh.at(-1)
      const answer = await this.#refresh(token, this.#random.pick(this.#origins))
      this.#expect(answer, login.state === 'live' ? 200 : 401)
    }
  }

  async #logIn(): Promise<Browser | null> {
    this.#note('log in')
    const client = this.#device.copy()
    for (const name of ['__Host-session_id', 'csrf_token']) client.jar.delete(name)
    const answer = await this.#ask(client, 'POST', '/login', { json: this.#credentials() })
    this.#expect(answer, 200)
    if (answer.status !== 200) return null
    this.#device.jar.set('__Host-known_device', client.jar.get('__Host-known_device') ?? '')
    const browser: Browser = { client, state: 'live' }
    this.#browsers.push(browser)
    await this.#applyCap()
    return browser
  }

  /** Within the minute in which activity is not noted, the oldest goes. */
  async #applyCap(): Promise<void> {
    const living = this.#living()
    if (this.#isOrdered) {
      for (const { client } of living.slice(0, -cap)) this.#died(client)
      return
    }
    for (const browser of living.slice(0, -1)) browser.state = 'unknown'
    await this.#settle()
    const left = this.#living().length
    if (left !== Math.min(cap, living.length))
      this.#wrong(`${left} of ${living.length} sessions live`)
  }

  async #check(): Promise<void> {
    this.#note('check')
    if (this.#browsers.length === 0) return
    const browser = this.#random.pick(this.#browsers)
    await Promise.all(this.#origins.map((origin) => this.#see(browser, origin)))
    const login = this.#logins.at(-1)
    if (login) await this.#seeAccess(login, this.#random.pick(this.#origins))
  }

  async #logOut(): Promise<void> {
    this.#note('log out')
    const browser = this.#pickLiving()
    if (!browser) return
    const kept = browser.client.copy()
    this.#expect(await this.#ask(browser.client, 'POST', '/logout'), 200)
    browser.client = kept
    await this.#hasEnded(browser)
  }

  async #revokeOther(): Promise<void> {
    this.#note('revoke another')
    const browser = this.#pickLiving()
    if (!browser) return
    const answer = await this.#ask(browser.client, 'GET', '/sessions')
    this.#expect(answer, 200)
    const listed = (answer.body['list'] ?? []) as { session_id: string; current: boolean }[]
    const others = listed.filter(({ current }) => !current)
    if (others.length === 0) return
    const { session_id: handle } = this.#random.pick(others)
    const origins = this.#origins.slice(0, 2)
    const path = `/sessions/${handle}`
    const answers = await Promise.all(
      origins.map((origin) => browser.client.ask(origin, 'DELETE', path)),
    )
    const statuses = answers.map(({ status }) => status).sort()
    if (statuses.join() !== '200,404') this.#wrong(`one session was ended twice: ${statuses}`)
    // Which of ours it was is seen; exactly one has gone.
    const before = this.#living().length
    for (const one of this.#living()) {
      const { status } = await this.#ask(one.client, 'GET', '/me')
      if (status === 401) this.#died(one.client)
    }
    if (this.#living().length !== before - 1) this.#wrong('ending one session ended not one')
  }

  async #endOthers(): Promise<void> {
    this.#note('end others')
    const browser = this.#pickLiving()
    if (!browser) return
    const path = '/logout-all?keep_current=true'
    this.#expect(await this.#ask(browser.client, 'POST', path), 200)
    this.#epochRose(browser)
    await Promise.all(this.#origins.map((origin) => this.#see(browser, origin)))
    this.#adoptDevice(browser)
  }

  async #endAll(): Promise<void> {
    this.#note('end all')
    const browser = this.#pickLiving()
    if (!browser) return
    const kept = browser.client.copy()
    this.#expect(await this.#ask(browser.client, 'POST', '/logout-all'), 200)
    browser.client = kept
    this.#epochRose(null)
    await this.#hasEnded(browser)
  }

  async #changePassword(): Promise<void> {
    this.#note('change password, three at once')
    const browser = this.#pickLiving()
    if (!browser) return
    const wishes = [0, 1, 2].map(() => `password ${this.#random.next()}`)
    const tries = await Promise.all(
      wishes.map(async (wish) => {
        const client = browser.client.copy()
        const json = { current_password: this.#password, new_password: wish }
        return {
          wish,
          client,
          answer: await this.#ask(client, 'POST', '/change-password', { json }),
        }
      }),
    )
    const won = tries.filter(({ answer }) => answer.status === 200)
    if (won.length !== 1) {
      this.#wrong(`of three changes ${won.length} won: ${tries.map(({ answer }) => answer.status)}`)
    }
    const [winner] = won
    if (!winner) return
    this.#password = winner.wish
    this.#epochRose(browser)
    const old = browser.client
    browser.client = winner.client
    this.#isLatest(browser)
    await Promise.all(this.#origins.map((origin) => this.#see(browser, origin)))
    await this.#hasEnded({ client: old, state: 'dead' })
    this.#adoptDevice(browser)
  }

  async #takeTokens(): Promise<Login | null> {
    this.#note('take tokens')
    const answer = await this.#ask(this.#device, 'POST', '/token', { json: this.#credentials() })
    this.#expect(answer, 200)
    if (answer.status !== 200) return null
    const login: Login = {
      refresh: [String(answer.body['refresh_token'])],
      access: String(answer.body['access_token']),
      state: 'live',
      accessLives: true,
    }
    this.#logins.push(login)
    return login
  }

  /** One client, four processes, the same token: all get the same next one. */
  async #refreshAtOnce(): Promise<void> {
    this.#note('refresh at once')
    const login = this.#livingLogin() ?? (await this.#takeTokens())
    if (!login) return
    const used = login.refresh.at(-1)
    const answers = await Promise.all(this.#origins.map((origin) => this.#refresh(used, origin)))
    const next = new Set(answers.map(({ body }) => body['refresh_token']))
    for (const answer of answers) this.#expect(answer, 200)
    if (next.size !== 1) this.#wrong(`one refresh token became ${next.size}`)
    login.refresh.push(String([...next][0]))
    login.access = String(answers[0]?.body['access_token'])
  }

  /** A token before the last two is nobody's: its login ends for everybody. */
  async #replay(): Promise<void> {
    this.#note('replay')
    const login = this.#livingLogin()
    const stolen = login?.refresh.at(-3)
    if (!login || stolen === undefined) return
    const answers = await Promise.all(this.#origins.map((origin) => this.#refresh(stolen, origin)))
    for (const answer of answers) this.#expect(answer, 401)
    login.state = 'dead'
    for (const origin of this.#origins) {
      this.#expect(await this.#refresh(login.refresh.at(-1), origin), 401)
    }
  }

  async #revokeTokens(): Promise<void> {
    this.#note('revoke tokens')
    const login = this.#livingLogin()
    if (!login) return
    const json = { token: login.refresh.at(-1) }
    this.#expect(await this.#ask(this.#client(), 'POST', '/revoke', { json }), 200)
    login.state = 'dead'
    const answers = await Promise.all(
      this.#origins.map((origin) => this.#refresh(login.refresh.at(-1), origin)),
    )
    for (const answer of answers) this.#expect(answer, 401)
  }

  /** Forty guesses at once at the account, from one network, at every process. */
  async #attack(): Promise<void> {
    this.#note('attack')
    const network = `172.16.${this.#random.below(250)}.${this.#random.below(250)}`
    const guesses = Array.from({ length: 40 }, async (_, n) => {
      const stranger = new Client(network, this.#seen)
      const json = { username: this.name, password: `wrong ${n}` }
      return (await this.#ask(stranger, 'POST', '/login', { json })).status
    })
    const verified = (await Promise.all(guesses)).filter((status) => status === 401).length
    if (verified > budget) this.#wrong(`${verified} guesses were looked at, ${budget} are allowed`)
    // Nobody can lock out whom a browser of theirs vouches for.
    await this.#logIn()
  }

  async #logInAtOnce(): Promise<void> {
    this.#note('log in at once')
    const browsers = await Promise.all(
      this.#origins.map(async (origin): Promise<Browser | null> => {
        const client = this.#device.copy()
        for (const name of ['__Host-session_id', 'csrf_token']) client.jar.delete(name)
        const answer = await client.ask(origin, 'POST', '/login', { json: this.#credentials() })
        this.#expect(answer, 200)
        return answer.status === 200 ? { client, state: 'live' } : null
      }),
    )
    const made = browsers.filter((browser) => browser !== null)
    // In which order they came is not known, nor with it whom the cap ends.
    this.#isOrdered = false
    for (const browser of [...this.#living(), ...made]) browser.state = 'unknown'
    this.#browsers.push(...made)
    await this.#settle()
    const live = this.#living().length
    if (live > cap) this.#wrong(`${live} sessions live, ${cap} are allowed`)
    if (live < Math.min(cap, made.length)) this.#wrong(`only ${live} sessions live`)
  }

  /** Whether the login came before the end or after it, every process says the same. */
  async #endWhileLoggingIn(): Promise<void> {
    this.#note('end others while logging in')
    // The latest, which the cap does not end for a further one.
    const browser = this.#living().at(-1)
    if (!browser) return
    const client = this.#device.copy()
    for (const name of ['__Host-session_id', 'csrf_token']) client.jar.delete(name)
    const [ended, answer] = await Promise.all([
      this.#ask(browser.client, 'POST', '/logout-all?keep_current=true'),
      this.#ask(client, 'POST', '/login', { json: this.#credentials() }),
    ])
    this.#expect(ended, 200)
    // The end may come when the password has been looked at, and the login is too late.
    if (answer.status !== 401) this.#expect(answer, 200)
    this.#epochRose(browser)
    if (answer.status === 200) this.#browsers.push({ client, state: 'unknown' })
    await this.#settle()
    this.#adoptDevice(browser)
  }

  async #elevate(): Promise<void> {
    this.#note('elevate')
    const browser = this.#pickLiving()
    if (!browser) return
    const old = browser.client.copy()
    const json = { password: this.#password }
    this.#expect(await this.#ask(browser.client, 'POST', '/sudo', { json }), 200)
    this.#isLatest(browser)
    await Promise.all(this.#origins.map((origin) => this.#see(browser, origin)))
    await this.#hasEnded({ client: old, state: 'dead' })
  }

  /** With a new identifier a session counts as the one that was used last. */
  #isLatest(browser: Browser): void {
    this.#browsers = [...this.#browsers.filter((one) => one !== browser), browser]
  }

  /** Sees which of the unknown live, and that all processes agree. */
  async #settle(): Promise<void> {
    for (const browser of this.#browsers.filter(({ state }) => state === 'unknown')) {
      const { status } = await this.#ask(browser.client, 'GET', '/me')
      browser.state = status === 200 ? 'live' : 'dead'
      await Promise.all(this.#origins.map((origin) => this.#see(browser, origin)))
    }
  }

  async #hasEnded(browser: Browser): Promise<void> {
    browser.state = 'dead'
    await Promise.all(this.#origins.map((origin) => this.#see(browser, origin)))
  }

  async #see({ client, state }: Browser, origin: string): Promise<void> {
    // A refused cookie must not be taken from the jar: it is asked again.
    const { status } = await client.copy().ask(origin, 'GET', '/me')
    const expected = state === 'dead' ? [401] : state === 'live' ? [200] : [200, 401]
    if (!expected.includes(status)) this.#wrong(`a ${state} session is ${status}`)
  }

  async #seeAccess({ access, accessLives }: Login, origin: string): Promise<void> {
    const headers = { authorization: `Bearer ${access}` }
    const { status } = await this.#client().ask(origin, 'GET', '/me', { headers })
    if (status !== (accessLives ? 200 : 401)) {
      this.#wrong(`an access token that is ${accessLives ? '' : 'not '}alive is ${status}`)
    }
  }

  #epochRose(spared: Browser | null): void {
    this.raised++
    for (const browser of this.#browsers) if (browser !== spared) browser.state = 'dead'
    this.#isOrdered = true
    for (const login of this.#logins) Object.assign(login, { state: 'dead', accessLives: false })
  }

  /** Every client of this person is on one machine. */
  #adoptDevice({ client }: Browser): void {
    const known = client.jar.get('__Host-known_device')
    if (known !== undefined) this.#device.jar.set('__Host-known_device', known)
  }

  #died(client: Client): void {
    const browser = this.#browsers.find((one) => one.client === client)
    if (browser) browser.state = 'dead'
  }

  #living(): Browser[] {
    return this.#browsers.filter(({ state }) => state === 'live')
  }

  #pickLiving(): Browser | null {
    const living = this.#living()
    return living.length === 0 ? null : this.#random.pick(living)
  }

  #livingLogin(): Login | undefined {
    return this.#logins.findLast(({ state }) => state === 'live')
  }

  #refresh(token: string | undefined, origin: string): Promise<Answer> {
    return this.#client().ask(origin, 'POST', '/refresh', { json: { refresh_token: token } })
  }

  #ask(client: Client, method: string, path: string, asked?: Asked): Promise<Answer> {
    return client.ask(this.#random.pick(this.#origins), method, path, asked)
  }

  #client(): Client {
    return new Client(this.#address, this.#seen)
  }

  readonly #seen = ({ status, body }: Answer, path: string): void => {
    if (status >= 500) this.#wrong(`${path} is ${status} ${JSON.stringify(body)}`)
  }

  #credentials() {
    return { username: this.name, password: this.#password }
  }

  #expect({ status, body }: Answer, expected: number): void {
    if (status !== expected) this.#wrong(`${expected} was expected: ${status} ${body['code']}`)
  }

  #note(step: string): void {
    this.#steps.push(step)
  }

  #wrong(what: string): void {
    this.wrongs.push(`${this.name}: ${what}, after ${this.#steps.slice(-6).join(', ')}`)
  }
}
