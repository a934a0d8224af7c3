/**
 * Every library in a process of its own: what it refuses is verified first, then all of them are
 * asked in turn, in short rounds.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { load } from '../cost/load.ts'
import type { Contestant } from './contestants.ts'
import type { Order } from './serve.ts'
import { answer, browser, person } from './served.ts'

type Headers = Readonly<Record<string, string>>

/** Whether a login is refused after something has happened to its account. */
export interface Refusals {
  readonly revoked: boolean
  readonly disabled: boolean
  readonly passwordChanged: boolean
}

export interface Round {
  /** Microseconds of CPU of a request. */
  readonly checked: number
  readonly bare: number
  readonly perSecond: number
}

export interface Result {
  readonly contestant: Contestant
  readonly refusals: Refusals
  readonly rounds: readonly Round[]
  /** Of a request, above those of the bare framework. */
  readonly promises: number
}

class Server {
  readonly contestant: Contestant
  readonly rounds: Round[] = []
  readonly #child: ChildProcess
  #ports = { port: 0, barePort: 0, isRevocable: false }
  #headers: Headers = {}

  constructor(contestant: Contestant) {
    this.contestant = contestant
    const { module, variant } = contestant
    this.#child = fork(new URL('serve.ts', import.meta.url), [module, variant], {
      env: { ...process.env, NODE_ENV: 'production' },
    })
  }

  async begin(): Promise<void> {
    this.#ports = await this.#said()
  }

  async verify(): Promise<Refusals> {
    await this.#expect(401, {})
    const revoked = await this.#refuses(async (headers) => {
      if (this.#ports.isRevocable) await this.#order({ do: 'revoke', headers })
    })
    if (revoked !== this.contestant.isRevocable) {
      this.#fail(`a login that was ended is ${revoked ? 'refused' : 'still taken'}`)
    }
    const disabled = await this.#refuses(() => this.#change('is_active = false'))
    await this.#change('is_active = true')
    const passwordChanged = await this.#refuses(() => this.#setPassword('another horse battery'))
    await this.#setPassword(person.password)
    this.#headers = { ...browser, ...(await this.#order<Headers>({ do: 'logIn' })) }
    await this.#expect(200, this.#headers)
    return { revoked, disabled, passwordChanged }
  }

  async warmUp(requests: number): Promise<void> {
    await load({ port: this.#ports.port, headers: this.#headers }, requests)
    await load({ port: this.#ports.barePort, headers: this.#headers }, requests)
  }

  async round(requests: number, isMeasured: boolean): Promise<void> {
    const checked = await this.#cost(this.#ports.port, requests)
    const bare = await this.#cost(this.#ports.barePort, requests)
    const { perSecond } = checked
    if (isMeasured) this.rounds.push({ checked: checked.each, bare: bare.each, perSecond })
  }

  async countPromises(): Promise<number> {
    const each = async (port: number) => {
      const requests = 80
      await this.#order({ do: 'count promises' })
      await load({ port, headers: this.#headers }, requests)
      return (await this.#order<number>({ do: 'promises' })) / requests
    }
    const bare = await each(this.#ports.barePort)
    return (await each(this.#ports.port)) - bare
  }

  async end(): Promise<void> {
    // It still answers as it did at first.
    await this.#expect(200, this.#headers)
    await this.#expect(401, {})
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.send({ do: 'end' })
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    const late = new Promise((resolve) => setTimeout(resolve, 3000).unref())
    if (this.#child.exitCode === null) await Promise.race([ended, late])
    this.#child.kill()
  }

  async #cost(port: number, requests: number) {
    const before = await this.#order<number>({ do: 'cpu' })
    const start = performance.now()
    await load({ port, headers: this.#headers }, requests)
    const perSecond = (requests * 1000) / (performance.now() - start)
    return { each: ((await this.#order<number>({ do: 'cpu' })) - before) / requests, perSecond }
  }

  /** Whether a new login is refused after what is done. */
  async #refuses(happens: (headers: Headers) => Promise<unknown>): Promise<boolean> {
    const headers = await this.#order<Headers>({ do: 'logIn' })
    await this.#expect(200, headers)
    await happens(headers)
    const { status } = await this.#ask(headers)
    if (status !== 200 && status !== 401) this.#fail(`GET /checked answered ${status}`)
    return status === 401
  }

  #change(assignments: string): Promise<unknown> {
    return this.#order({ do: 'change', assignments })
  }

  #setPassword(password: string): Promise<unknown> {
    return this.#order({ do: 'set password', password })
  }

  async #expect(status: number, headers: Headers): Promise<void> {
    const given = await this.#ask(headers)
    if (given.status !== status) this.#fail(`answered ${given.status} instead of ${status}`)
    if (status === 200 && given.text !== JSON.stringify(answer)) this.#fail(`said ${given.text}`)
  }

  async #ask(headers: Headers): Promise<{ status: number; text: string }> {
    const given = await fetch(`http://127.0.0.1:${this.#ports.port}/checked`, { headers })
    return { status: given.status, text: await given.text() }
  }

  async #order<Answer>(order: Order): Promise<Answer> {
    const said = this.#said<Answer & { readonly failed?: string }>()
    this.#child.send(order)
    const given = await said
    if (given !== null && typeof given === 'object' && given.failed) this.#fail(given.failed)
    return given
  }

  #said<Message>(): Promise<Message> {
    return new Promise((resolve, reject) => {
      const left = () => {
        clearTimeout(late)
        reject(new Error(`${this.#name} has ended`))
      }
      const late = setTimeout(() => reject(new Error(`${this.#name} says nothing`)), 60_000)
      this.#child.once('exit', left)
      this.#child.once('message', (message) => {
        clearTimeout(late)
        this.#child.off('exit', left)
        resolve(message as Message)
      })
    })
  }

  get #name(): string {
    return `${this.contestant.label} (${this.contestant.variant})`
  }

  #fail(why: string): never {
    throw new Error(`${this.#name}: ${why}`)
  }
}

export interface ContestOptions {
  /** How many rounds, unless the time is up before. */
  readonly rounds: number
  readonly requests: number
  /** For how long to measure, in seconds. */
  readonly seconds: number
}

const leastRounds = 5

export async function contest(
  contestants: readonly Contestant[],
  { rounds, requests, seconds }: ContestOptions,
): Promise<readonly Result[]> {
  const servers: Server[] = []
  try {
    const refusals = new Map<Server, Refusals>()
    for (const contestant of contestants) {
      const server = new Server(contestant)
      servers.push(server)
      await server.begin()
      refusals.set(server, await server.verify())
      await server.warmUp(8 * requests)
    }
    const begin = performance.now()
    for (let round = -2; round < rounds; round++) {
      if (round >= leastRounds && performance.now() - begin > seconds * 1000) break
      // Each of them is first as often as the others.
      for (let turn = 0; turn < servers.length; turn++) {
        await servers[(turn + round + 2) % servers.length]?.round(requests, round >= 0)
      }
    }
    const results: Result[] = []
    for (const server of servers) {
      await server.end()
      results.push({
        contestant: server.contestant,
        refusals: refusals.get(server) as Refusals,
        rounds: server.rounds,
        promises: await server.countPromises(),
      })
    }
    return results
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
}
