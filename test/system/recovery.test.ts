/**
 * Links and their places over four processes: what is once is once, wherever it is asked for.
 */
import { describe, expect, test } from 'vitest'
import { isReachable, postgres, postgresUrl, redis, redisUrl } from '../support/services.ts'
import { Client } from './client.ts'
import { type Servers, startServers } from './servers.ts'

const hasPostgres = await isReachable(postgres)
const storages = [
  ['Redis', hasPostgres && (await isReachable(redis)), redisUrl],
  ['a table in PostgreSQL', hasPostgres, null],
] as const

const email = 'ann@example.com'

/** Asks all processes at once, fifty times, each from another address. */
function everywhere(servers: Servers, path: string, json: (index: number) => object) {
  return Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const origin = servers.origins[index % servers.origins.length] ?? ''
      const client = new Client(`198.18.0.${index + 1}`)
      return (await client.ask(origin, 'POST', path, { json: json(index) })).status
    }),
  )
}

/** Waits until a number of messages has come; what comes after that is counted, too. */
async function messages(servers: Servers, least: number): Promise<readonly string[]> {
  for (let round = 0; servers.links.length < least && round < 200; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  // Every process answers once more: what was on its way before has arrived.
  await Promise.all(servers.origins.map((origin) => fetch(`${origin}/optional`)))
  return servers.links.map((link) => link.split('#token=')[1] ?? '')
}

describe.each(storages)('Four processes over PostgreSQL and %s', (_, isThere, url) => {
  test.runIf(isThere)(
    'make two links for strangers, and let one redemption win',
    {
      timeout: 120_000,
    },
    async () => {
      const options = { postgresUrl, redisUrl: url, timeoutMs: 20_000 }
      const servers = await startServers(4, options)
      try {
        const [origin = ''] = servers.origins
        const body = { email, username: 'ann', password: 'correct horse battery' }
        const owner = new Client('192.0.2.1')
        expect((await owner.ask(origin, 'POST', '/register', { json: body })).status).toBe(200)

        const asked = await everywhere(servers, '/recovery/reset-request', () => ({ email }))
        expect(new Set(asked)).toEqual(new Set([200]))
        const links = await messages(servers, 2)
        expect(links).toHaveLength(2)

        const password = (index: number) => `another horse, number ${index}`
        const redeemed = await everywhere(servers, '/recovery/reset-confirm', (index) => ({
          token: links[0],
          new_password: password(index),
        }))
        expect(redeemed.filter((status) => status === 200)).toHaveLength(1)
        expect(redeemed.filter((status) => status !== 200 && status !== 400)).toEqual([])

        const winner = password(redeemed.indexOf(200))
        const json = { username: 'ann', password: winner }
        expect((await owner.ask(origin, 'POST', '/login', { json })).status).toBe(200)
        // The other link died with the first one's use, in every process.
        const late = await everywhere(servers, '/recovery/reset-confirm', (index) => ({
          token: links[1],
          new_password: password(index),
        }))
        expect(new Set(late)).toEqual(new Set([400]))
        expect(servers.failures).toEqual([])
      } finally {
        await servers.end()
      }
    },
  )

  test.runIf(isThere)(
    'let in whoever registers and logs in with the very next request, wherever it arrives',
    { timeout: 120_000 },
    async () => {
      const options = { postgresUrl, redisUrl: url, timeoutMs: 20_000, answers: 'same' } as const
      const servers = await startServers(4, options)
      const at = (index: number) => servers.origins[index % servers.origins.length] ?? ''
      try {
        const people = Array.from({ length: 24 }, (_, index) => index)
        // Whoever sits beside every second of them has guessed at the name before it was there.
        const guesses = people
          .filter((index) => index % 2 === 0)
          .flatMap((index) =>
            Array.from({ length: 6 }, (_guess, attempt) => {
              const json = { username: `person${index}`, password: `guess ${attempt}` }
              const neighbour = new Client(`198.51.100.${index + 1}`)
              return neighbour.ask(at(attempt), 'POST', '/login', { json })
            }),
          )
        await Promise.all(guesses)

        const password = 'correct horse battery'
        const logins = people.map(async (index) => {
          const person = new Client(`198.51.100.${index + 1}`)
          const username = `person${index}`
          const json = { email: `${username}@example.com`, username, password }
          const registered = await person.ask(at(index), 'POST', '/register', { json })
          const login = { json: { username, password } }
          const loggedIn = await person.ask(at(index + 1), 'POST', '/login', login)
          return [registered.status, loggedIn.status]
        })
        expect(new Set((await Promise.all(logins)).map(String))).toEqual(new Set(['202,200']))

        // Of many who want one name at once, one has it, and nobody is told who.
        const wanted = (index: number) => ({
          email: 'taken@example.com',
          username: 'taken',
          password: `the password of ${index}`,
        })
        const answers = await everywhere(servers, '/register', wanted)
        expect(new Set(answers)).toEqual(new Set([202]))
        const there = await servers.query(
          `select count(*) from ${servers.run}_users where username = 'taken'`,
        )
        expect(there).toEqual([{ count: '1' }])
        expect(servers.failures).toEqual([])
      } finally {
        await servers.end()
      }
    },
  )
})
