/**
 * What ends an account's credentials, or gives it other ones, at the same moment as what makes
 * some: on real servers, through two processes' worth of the library. Whatever comes first, nothing
 * that was to end is alive afterwards.
 */
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { apiKeys, bearer, recovery, type Storage, session, sudo } from 'crudauth'
import { drizzleApiKeys, drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authStorageColumns, authUserColumns } from 'crudauth/drizzle/postgres'
import { redisStorage } from 'crudauth/redis'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { tableStatements } from './support/create-table.ts'
import { tokenOf } from './support/recovery.ts'
import { isReachable, postgres, postgresUrl, redis, redisUrl } from './support/services.ts'
import { json } from './support/world.ts'

const hasPostgres = await isReachable(postgres)
const hasRedis = await isReachable(redis)

const old = 'correct horse battery'
const next = 'another horse, another battery'
const rounds = 8

const run = `races_${randomBytes(4).toString('hex')}`
const table = pgTable(`${run}_users`, authUserColumns())
const keyTable = pgTable(`${run}_keys`, authApiKeyColumns())
const storageTable = pgTable(`${run}_storage`, authStorageColumns())
const tables = [table, keyTable, storageTable]

const pool = new Pool({ connectionString: postgresUrl, max: 8 })
const db = drizzle(pool)

beforeAll(async () => {
  if (!hasPostgres) return
  for (const one of tables) for (const text of tableStatements(one)) await pool.query(text)
})

afterAll(async () => {
  if (hasPostgres) await pool.query(`drop table ${run}_users, ${run}_keys, ${run}_storage`)
  await pool.end()
})

/**
 * Does all of this at once, each begun a few turns of the event loop before or after the others.
 */
function together<const Works extends readonly (() => Promise<unknown>)[]>(...works: Works) {
  const begun = works.map(async (work) => {
    for (let left = Math.floor(Math.random() * 30); left > 0; left--) await turn()
    return work()
  })
  return Promise.all(begun) as Promise<{
    [Index in keyof Works]: Awaited<ReturnType<Works[Index]>>
  }>
}

/** Has a storage keep the writing of sessions waiting until the promise is settled. */
function holdBack(storage: Storage) {
  const held = { until: Promise.resolve() as Promise<unknown>, reached: (): unknown => undefined }
  const set = storage.set.bind(storage)
  storage.set = async (...args) => {
    if (args[0].includes(':session:')) {
      held.reached()
      await held.until
    }
    return set(...args)
  }
  return held
}

const storages = [
  ['Redis', hasPostgres && hasRedis, () => redisStorage({ url: redisUrl, timeoutMs: 20_000 })],
  [
    'a table beside the users',
    hasPostgres,
    () => drizzleStorage(db, storageTable, { timeoutMs: 20_000 }),
  ],
] as const

describe.each(storages)('On PostgreSQL and %s', (_, isThere, open) => {
  const closing: Storage[] = []
  afterAll(async () => {
    for (const storage of closing) await storage.close?.()
  })

  function two() {
    const inbox = testInbox()
    const namespace = `races-${randomBytes(6).toString('hex')}`
    const one = (storage: Storage) => {
      closing.push(storage)
      return application({
        users: drizzleUsers(db, table),
        storage,
        namespace,
        transports: [
          session({ managementRoutes: true }),
          bearer({ refresh: 'body' }),
          apiKeys({ keys: drizzleApiKeys(db, keyTable), managementRoutes: true }),
        ],
        features: [
          sudo({ route: true }),
          recovery({
            channels: [inbox],
            frontendUrl: 'https://app.example.com',
            verifyNewAccounts: false,
            signIn: true,
          }),
        ],
        registration: { answers: 'plain' },
        lockout: { mode: 'observe' },
        rateLimitMode: 'observe',
      })
    }
    const storage = open()
    const held = holdBack(storage)
    const [here, there] = [one(open()), one(storage)]
    const settled = () => Promise.all([here.auth.settled(), there.auth.settled()])
    return {
      here,
      there,
      held,
      /** Asks for a message; the token of its link. */
      async linkOf(client: Browser, path: string, body: object, to: string) {
        await client.post(`/recovery/${path}`, body)
        await settled()
        return tokenOf(await inbox.next({ to, withinMs: 1 }))
      },
      async member() {
        const username = `p${randomBytes(8).toString('hex')}`
        const email = `${username}@example.com`
        const body = { username, email, password: old }
        const { id } = await json(await here.browser().post('/register', body))
        return { id: Number(id), username, email }
      },
    }
  }

  type Two = ReturnType<typeof two>
  type Member = Awaited<ReturnType<Two['member']>>

  const loggedIn = async (at: Two['here'], { username }: Member, password = old) => {
    const client = at.browser()
    const answer = await client.post('/login', { username, password })
    expect(answer.status).toBe(200)
    return client
  }

  const isIn = async (client: Browser) => (await client.get('/me')).status === 200

  /** Runs it for several people at once. */
  const forSeveral = async (work: (made: Two, ann: Member) => Promise<void>) => {
    const made = two()
    const people = await Promise.all(Array.from({ length: rounds }, () => made.member()))
    await Promise.all(people.map((ann) => work(made, ann)))
  }

  describe.runIf(isThere)('a logout everywhere', () => {
    test('and a refresh: no token of the login is good afterwards', async () => {
      await forSeveral(async ({ here, there }, ann) => {
        const client = await loggedIn(here, ann)
        const login = { username: ann.username, password: old }
        const first = await json(await here.browser().post('/token', login))
        const refresh = (token: unknown) =>
          there.browser().post('/refresh', { refresh_token: token })
        const [out, renewed] = await together(
          () => client.post('/logout-all'),
          () => refresh(first['refresh_token']),
        )
        expect(out.status).toBe(200)
        const second = await json(renewed)
        for (const tokens of [first, second]) {
          expect((await refresh(tokens['refresh_token'])).status).toBe(401)
          const authorization = `Bearer ${String(tokens['access_token'])}`
          expect((await here.browser().get('/me', { headers: { authorization } })).status).toBe(401)
        }
      })
    })

    test('and a login: what was proven before it ends is no login after it', async () => {
      const { here, there, held, member } = two()
      const ann = await member()
      const client = await loggedIn(here, ann)
      const late = there.browser()
      const { promise: until, resolve: release } = Promise.withResolvers<void>()
      const { promise: reached, resolve } = Promise.withResolvers<void>()
      Object.assign(held, { until, reached: resolve })
      const login = late.post('/login', { username: ann.username, password: old })
      await reached
      expect((await client.post('/logout-all')).status).toBe(200)
      release()
      expect((await login).status).toBe(401)
      expect(late.sessionId).toBeUndefined()
      expect(await here.auth.sessions.list(ann.id)).toEqual([])
      await loggedIn(here, ann)
    })

    test('and a login at any moment: it is in, or it is none', async () => {
      await forSeveral(async ({ here, there }, ann) => {
        const client = await loggedIn(here, ann)
        const other = there.browser()
        const [out, { status }] = await together(
          () => client.post('/logout-all'),
          () => other.post('/login', { username: ann.username, password: old }),
        )
        expect(out.status).toBe(200)
        expect([200, 401]).toContain(status)
        expect(await isIn(client)).toBe(false)
        // One that was answered just before may have ended with the others.
        const listed = await here.auth.sessions.list(ann.id)
        expect(listed).toHaveLength((await isIn(other)) ? 1 : 0)
        if (status === 401) expect(other.sessionId).toBeUndefined()
      })
    })

    test('and a new API key: a key of the session that ended is dead', async () => {
      await forSeveral(async ({ here, there }, ann) => {
        const [client, other] = [await loggedIn(here, ann), await loggedIn(there, ann)]
        const [out, made] = await together(
          () => client.post('/logout-all'),
          () => other.post('/api-keys', { name: 'a key' }),
        )
        expect(out.status).toBe(200)
        expect([200, 401]).toContain(made.status)
        const { key = 'none' } = (await json(made)) as { key?: string }
        const { status } = await there.browser().get('/me', { headers: { 'x-api-key': key } })
        expect(status).toBe(401)
      })
    })

    test('and sudo: the session is dead under its new identifier, too', async () => {
      await forSeveral(async ({ here, there }, ann) => {
        const [client, other] = [await loggedIn(here, ann), await loggedIn(there, ann)]
        const [out, elevated] = await together(
          () => client.post('/logout-all'),
          () => other.post('/sudo', { password: old }),
        )
        expect(out.status).toBe(200)
        expect([200, 401, 403]).toContain(elevated.status)
        expect(await isIn(other)).toBe(false)
        expect(await here.auth.sessions.list(ann.id)).toEqual([])
      })
    })

    test('and the confirm of another address: it is changed, or its link is dead', async () => {
      await forSeveral(async ({ here, there, linkOf }, ann) => {
        const client = await loggedIn(here, ann)
        const to = `new-${ann.email}`
        const token = await linkOf(client, 'change-request', { new_email: to }, to)
        const confirm = () => there.browser().post('/recovery/change-confirm', { token })
        const [out, { status }] = await together(() => client.post('/logout-all'), confirm)
        expect(out.status).toBe(200)
        expect([200, 400]).toContain(status)
        expect(await isIn(client)).toBe(false)
        expect((await confirm()).status).toBe(400)
        const { me } = await here.logIn(ann.username)
        expect(me).toMatchObject({ email: status === 200 ? to : ann.email })
      })
    })
  })

  describe.runIf(isThere)('a reset of the password', () => {
    const reset = (at: Two['here'], token: string) =>
      at.browser().post('/recovery/reset-confirm', { token, new_password: next })

    test('and a login by the old one: it is no login afterwards', async () => {
      await forSeveral(async ({ here, there, linkOf }, ann) => {
        const { username, email } = ann
        const token = await linkOf(here.browser(), 'reset-request', { email }, email)
        const thief = there.browser()
        const [done, stolen, tokens] = await together(
          () => reset(here, token),
          () => thief.post('/login', { username, password: old }),
          () => there.browser().post('/token', { username, password: old }),
        )
        expect(done.status).toBe(200)
        expect([200, 401]).toContain(stolen.status)
        expect(await isIn(thief)).toBe(false)
        const { refresh_token = 'none' } = await json(tokens)
        expect((await here.browser().post('/refresh', { refresh_token })).status).toBe(401)
        expect((await here.logIn(username, old)).status).toBe(401)
        expect((await here.logIn(username, next)).status).toBe(200)
      })
    })

    test('and a change of it in a stolen session: one of them counts, and says so', async () => {
      await forSeveral(async ({ here, there, linkOf }, ann) => {
        const { username, email } = ann
        const thief = await loggedIn(there, ann)
        const token = await linkOf(here.browser(), 'reset-request', { email }, email)
        const theirs = 'a third horse, a third battery'
        const change = { current_password: old, new_password: theirs }
        const [done, changed] = await together(
          () => reset(here, token),
          () => thief.post('/change-password', change),
        )
        const isReset = done.status === 200
        expect(changed.status === 200).toBe(!isReset)
        expect(await isIn(thief)).toBe(!isReset)
        const right = isReset ? next : theirs
        for (const password of [old, next, theirs]) {
          const { status } = await here.logIn(username, password)
          expect([password, status]).toEqual([password, password === right ? 200 : 401])
        }
      })
    })

    test('by one link in two places: one password counts', async () => {
      await forSeveral(async ({ here, there, linkOf }, ann) => {
        const { username, email } = ann
        const token = await linkOf(here.browser(), 'reset-request', { email }, email)
        const passwords = [next, 'a third horse, a third battery']
        const answers = await together(
          ...[here, there].map((at, index) => () => {
            const body = { token, new_password: passwords[index] }
            return at.browser().post('/recovery/reset-confirm', body)
          }),
        )
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
        for (const [index, password] of passwords.entries()) {
          const { status } = await here.logIn(username, password)
          expect(status).toBe(answers[index]?.status === 200 ? 200 : 401)
        }
      })
    })
  })

  describe.runIf(isThere)('two registrations of one address', () => {
    test('and a reset between them leave one account, which is whose mailbox it is', async () => {
      const { here, there, linkOf } = two()
      for (let round = 0; round < rounds; round++) {
        const name = `p${randomBytes(8).toString('hex')}`
        const email = `${name}@example.com`
        const register = (at: Two['here'], username: string, password: string) =>
          at.browser().post('/register', { username, email, password })
        const planted = 'what the thief planted'
        const answers = await together(
          () => register(here, name, old),
          () => register(there, `${name}-too`, planted),
        )
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 422])
        const thief = await there.logIn(email, planted)
        const token = await linkOf(here.browser(), 'reset-request', { email }, email)
        const [late, done, again] = await together(
          () => register(there, `${name}-late`, planted),
          () => reset(here, token),
          () => there.logIn(email, planted),
        )
        expect([late.status, done.status]).toEqual([422, 200])
        for (const { client } of [thief, again]) expect(await isIn(client)).toBe(false)
        for (const [password, status] of [
          [old, 401],
          [planted, 401],
          [next, 200],
        ] as const) {
          expect((await here.logIn(email, password)).status).toBe(status)
        }
        const rows = await pool.query(`select email_verified from ${run}_users where email = $1`, [
          email,
        ])
        expect(rows.rows).toEqual([{ email_verified: true }])
      }
    })

    const reset = (at: Two['here'], token: string) =>
      at.browser().post('/recovery/reset-confirm', { token, new_password: next })
  })

  test.runIf(isThere)('A link to sign in, opened twice at once, makes one login', async () => {
    await forSeveral(async ({ here, there, linkOf }, ann) => {
      const { email } = ann
      // The first proof of an address is decided by the row; the next ones by the link alone.
      await pool.query(`update ${run}_users set email_verified = true where id = $1`, [ann.id])
      const asking = here.browser()
      const token = await linkOf(asking, 'sign-in-request', { email }, email)
      const other = there.browser()
      for (const [name, cookie] of asking.jar) other.jar.set(name, cookie)
      const answers = await together(
        ...[asking, other].map(
          (client) => () => client.post('/recovery/sign-in-confirm', { token }),
        ),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
      expect(await here.auth.sessions.list(ann.id)).toHaveLength(1)
    })
  })
})
