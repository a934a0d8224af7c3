/**
 * An account that is not proven yet, with everything that whoever registered could leave in it; and
 * the ways in which its address is proven.
 */
import Database from 'better-sqlite3'
import { apiKeys, bearer, memoryStorage, recovery, session, type UserStore } from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import type { Feature } from '../../src/feature.ts'
import { identityColumns } from '../../src/users/identity-columns.ts'
import type { Browser } from './browser.ts'
import { Clock } from './clock.ts'
import { createTable } from './create-table.ts'
import { frontendUrl, tokenOf } from './recovery.ts'
import { database, users, type WorldConfig, world } from './world.ts'

const keysTable = sqliteTable('api_keys', authApiKeyColumns())

export const email = 'ann@example.com'
export const chosen = 'correct horse battery'
export const another = 'another horse, another battery'

/** Fails on purpose: each call to the database or the storage is one statement. */
export class Faults {
  /** How many statements there were. */
  count = 0
  #fails: (statement: number) => boolean = () => false
  #isAfter = false

  /** From now on: nothing answers after so many statements, as when the process is killed. */
  dieAfter(statement: number): void {
    this.#begin((one) => one > statement, false)
  }

  /** From now on: one statement is refused, and all others work. */
  failAt(statement: number): void {
    this.#begin((one) => one === statement, false)
  }

  /** From now on: one statement is done, and its answer is lost. */
  loseAnswerOf(statement: number): void {
    this.#begin((one) => one === statement, true)
  }

  mend(): void {
    this.#begin(() => false, false)
  }

  #begin(fails: (statement: number) => boolean, isAfter: boolean): void {
    this.count = 0
    this.#fails = fails
    this.#isAfter = isAfter
  }

  around<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const isBroken = this.#fails(++this.count)
          if (isBroken && !this.#isAfter) return Promise.reject(new Error('broken on purpose'))
          const done: unknown = Reflect.apply(value, target, args)
          if (!isBroken) return done
          return Promise.resolve(done).then(() => {
            throw new Error('its answer was lost on purpose')
          })
        }
      },
    })
  }
}

/** Stands for a feature of ways in beside the password, as far as a proof is concerned. */
function identitiesFeature(): Feature {
  return {
    name: 'identities',
    key: 'identities',
    problems: [],
    wire: ({ accounts }) => {
      const identities = identityColumns(accounts.store, ['google'])
      return {
        planted: async (scope, row) => {
          for (const one of await identities.list(accounts.id(row), scope)) {
            await identities.unlink(accounts.id(row), one, scope)
          }
        },
      }
    },
  }
}

/** Who registers, in a browser of their own, and leaves one of everything. */
export async function plantedWorld() {
  const faults = new Faults()
  const clock = new Clock()
  const { sqlite, db } = database()
  const keySqlite = new Database(':memory:')
  createTable(keySqlite, keysTable)
  const inbox = testInbox()
  const config = {
    users: faults.around(users(db) as UserStore),
    storage: faults.around(memoryStorage({ clock: clock.read })),
    clock: clock.read,
    transports: [
      session(),
      bearer({ refresh: 'body' }),
      apiKeys({ keys: drizzleApiKeys(drizzle(keySqlite), keysTable), managementRoutes: true }),
    ],
    features: [
      recovery({ channels: [inbox], frontendUrl, signIn: true }),
      identitiesFeature(),
    ] as const,
  } as unknown as WorldConfig
  const made = world(config)
  const { browser, auth } = made

  const first = browser({ peer: '198.51.100.6' })
  const body = { email, username: 'ann', password: chosen }
  await first.post('/register', body)
  await auth.settled()
  const verifyLink = tokenOf(await inbox.next({ to: email, kind: 'verify_email' }))

  // Further logins of whoever registered, none of which is the browser that registered.
  const seat = browser({ peer: '198.51.100.7' })
  const credentials = { username: 'ann', password: chosen }
  await seat.post('/login', credentials)
  const program = browser({ peer: '198.51.100.8' })
  const tokens = (await (await program.post('/token', credentials)).json()) as {
    access_token: string
    refresh_token: string
  }
  const keyed = await seat.post('/api-keys', { name: 'planted' })
  const { key } = (await keyed.json()) as { key: string }
  await seat.post('/recovery/change-request', { new_email: 'eve@example.com', password: chosen })
  await auth.settled()
  const changeLink = tokenOf(await inbox.next({ to: 'eve@example.com' }))
  await seat.post('/recovery/reset-request', { email })
  await auth.settled()
  const resetLink = tokenOf(await inbox.next({ to: email, kind: 'reset_password' }))
  sqlite.exec("update members set google_id = 'google|eve'")

  const status = async (response: Promise<Response>) => (await response).status
  const logIn = (password: string, client: Browser = browser({ peer: '192.0.2.77' })) =>
    client.post('/login', { username: 'ann', password })
  const isTrue = (text: string) => sqlite.prepare(text).pluck().get() === 1

  /**
   * Whether each of them still opens something. Those that change the account come last, and are
   * asked one at a time.
   */
  const plants = {
    password: async () => (await status(logIn(chosen))) === 200,
    session: async () => (await status(seat.get('/me'))) === 200,
    'access token': async () => {
      const headers = { authorization: `Bearer ${tokens.access_token}` }
      return (await status(browser().get('/me', { headers }))) === 200
    },
    'refresh family': async () => {
      const { refresh_token } = tokens
      return (await status(browser().post('/refresh', { refresh_token }))) === 200
    },
    'API key': async () => {
      const headers = { 'x-api-key': key }
      return (await status(browser().get('/me', { headers }))) === 200
    },
    identity: async () => isTrue('select google_id is not null from members'),
    'known device': async () => {
      // A network that has guessed too often is refused, and a known device in it is not.
      const stranger = browser({ peer: '198.51.100.7' })
      for (let index = 0; index < 6; index++) await logIn(`a guess ${index}`, stranger)
      const passwords = [chosen, another]
      const statuses = await Promise.all(passwords.map((one) => status(logIn(one, seat))))
      return !statuses.includes(429)
    },
    'one-time record': async () => {
      const sent = { token: resetLink, new_password: 'what Eve would like' }
      return (await status(browser().post('/recovery/reset-confirm', sent))) === 200
    },
    'pending change': async () => {
      const sent = { token: changeLink }
      return (await status(browser().post('/recovery/change-confirm', sent))) === 200
    },
  }

  async function link(kind: 'reset' | 'sign-in', client: Browser): Promise<string> {
    await client.post(`/recovery/${kind}-request`, { email })
    await auth.settled()
    const message = kind === 'reset' ? 'reset_password' : 'sign_in'
    return tokenOf(await inbox.next({ to: email, kind: message }))
  }

  async function elsewhere(more: object): Promise<Response> {
    const phone = browser({ peer: '192.0.2.9' })
    const needed = await phone.post('/recovery/verify-confirm', { token: verifyLink })
    const { proof } = (await needed.json()) as { proof: string }
    return phone.post('/recovery/verify-confirm', { proof, ...more })
  }

  /** Each way to prove the address: what comes before it, then the request that counts. */
  const proofs = {
    'the link, in the browser that registered': () =>
      Promise.resolve(() => first.post('/recovery/verify-confirm', { token: verifyLink })),
    'the link elsewhere, and the password that was chosen': () =>
      Promise.resolve(() => elsewhere({ password: chosen })),
    'the link elsewhere, and a new password': () =>
      Promise.resolve(() => elsewhere({ new_password: another })),
    'the link, with a session of the account': () =>
      Promise.resolve(() => seat.post('/recovery/verify-confirm', { token: verifyLink })),
    'a reset': async () => {
      const phone = browser({ peer: '192.0.2.9' })
      const token = await link('reset', phone)
      return () => phone.post('/recovery/reset-confirm', { token, new_password: another })
    },
    'a link to sign in': async () => {
      const phone = browser({ peer: '192.0.2.9' })
      const token = await link('sign-in', phone)
      return () => phone.post('/recovery/sign-in-confirm', { token })
    },
  }

  return {
    ...made,
    faults,
    inbox,
    sqlite,
    plants,
    proofs,
    logIn: (password: string) => status(logIn(password)),
    isVerified: () => isTrue('select email_verified from members'),
  }
}

export type PlantedWorld = Awaited<ReturnType<typeof plantedWorld>>
export type Plant = keyof PlantedWorld['plants']
export type ProofOfMailbox = keyof PlantedWorld['proofs']
