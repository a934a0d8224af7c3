/**
 * Two requests of one session that both give it a new identifier, or end the others: whatever the
 * order, its owner has a live session afterwards, and the browser has its cookie.
 */
import Database from 'better-sqlite3'
import { bearer, memoryStorage, type Storage, session, sudo } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import { createTable } from './support/create-table.ts'
import { json, world } from './support/world.ts'

const next = 'another horse, another battery'

async function twice(storage?: Storage) {
  const made = world({
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
    features: [sudo({ route: true })],
    rateLimits: { register: { times: 0, seconds: 1 } },
    ...(storage ? { storage } : {}),
  })
  const ann = await made.member()
  const client = await made.loggedIn(ann)
  const change = () =>
    client.post('/change-password', { current_password: ann.password, new_password: next })
  return {
    ...made,
    ann,
    client,
    change,
    elevate: (password = ann.password) => client.post('/sudo', { password }),
  }
}

const isIn = async (client: Awaited<ReturnType<typeof twice>>['client']) =>
  (await client.get('/me')).status === 200

/** A storage that holds back the compare-and-swaps of sessions, and lets them go in an order. */
function heldBack() {
  const storage = memoryStorage()
  const waiting: (() => void)[] = []
  const held = { on: false }
  const replace = storage.replace.bind(storage)
  storage.replace = async (...args) => {
    if (held.on && args[0].includes(':session:')) {
      await new Promise<void>((go) => waiting.push(go))
    }
    return replace(...args)
  }
  /** Lets them go, the last first or the first first, until nothing moves any more. */
  async function release(order: 'first' | 'last') {
    for (let idle = 0; idle < 200; idle++) {
      const go = order === 'first' ? waiting.shift() : waiting.pop()
      if (go) idle = 0
      go?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    held.on = false
  }
  return { storage, held, release }
}

describe('Sudo and a change of password at once', () => {
  test('leave a live session, thirty times of thirty', async () => {
    for (let n = 0; n < 30; n++) {
      const { client, change, elevate } = await twice()
      const answers = await Promise.all(n % 2 ? [elevate(), change()] : [change(), elevate()])
      const statuses = answers.map(({ status }) => status).sort()
      expect(statuses[0]).toBe(200)
      expect([200, 401, 403]).toContain(statuses[1])
      expect(await isIn(client)).toBe(true)
    }
  })

  test.each(['first', 'last'] as const)('whichever moves the session: the %s', async (order) => {
    const { storage, held, release } = heldBack()
    const { client, change, elevate, auth, ann } = await twice(storage)
    held.on = true
    const both = Promise.all([change(), elevate()])
    await new Promise((resolve) => setTimeout(resolve, 200))
    await release(order)
    const [changed, elevated] = await both
    expect([changed.status, elevated.status].filter((status) => status === 200)).toHaveLength(1)
    // One cookie was set, so that it does not matter which answer arrives last.
    const set = [changed, elevated].flatMap((answer) =>
      answer.headers.getSetCookie().filter((line) => line.includes('session_id=')),
    )
    expect(set).toHaveLength(1)
    expect(await isIn(client)).toBe(true)
    expect(await auth.sessions.list(ann.id)).toHaveLength(1)
    if (changed.status === 401)
      expect(await json(changed)).toMatchObject({ code: 'not_authenticated' })
    else expect(await json(elevated)).toMatchObject({ code: 'session_required' })
  })
})

describe('Sudo while the other sessions end', () => {
  const ends = {
    'POST /logout-all?keep_current=true': (made: Awaited<ReturnType<typeof twice>>) =>
      made.client.post('/logout-all?keep_current=true'),
    'auth.sessions.revokeAll with except': async ({
      auth,
      ann,
    }: Awaited<ReturnType<typeof twice>>) => {
      const [only] = await auth.sessions.list(ann.id)
      return auth.sessions.revokeAll(ann.id, { except: only?.login ?? '' })
    },
  }

  test.each(Object.keys(ends) as (keyof typeof ends)[])('spares its session: %s', async (name) => {
    for (let n = 0; n < 10; n++) {
      const made = await twice()
      await Promise.all([made.elevate(), ends[name](made)])
      expect(await isIn(made.client)).toBe(true)
    }
  })

  test('also when it gets its new identifier just before it would be stamped', async () => {
    const storage = memoryStorage()
    const made = await twice(storage)
    const other = await made.loggedIn(made.ann)
    const replace = storage.replace.bind(storage)
    const moves: (() => void)[] = []
    let elevated: Promise<Response> | undefined
    storage.replace = async (...args) => {
      if (!args[0].includes(':session:')) return replace(...args)
      if (!elevated) {
        // That of sudo, which waits for the stamp to be on its way.
        elevated = elevating
        await new Promise<void>((go) => moves.push(go))
      } else if (moves.length > 0) {
        moves.pop()?.()
        await elevated
      }
      return replace(...args)
    }
    const elevating = made.elevate()
    while (moves.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect((await made.client.post('/logout-all?keep_current=true')).status).toBe(200)
    expect((await elevating).status).toBe(200)
    expect([await isIn(made.client), await isIn(other)]).toEqual([true, false])
  })
})

describe('A cap whose ending fails', () => {
  test('leaves no session that lives and that no list shows', async () => {
    const storage = memoryStorage()
    const made = world({ transports: [session({ maxPerUser: 2 })], storage })
    const ann = await made.member()
    const first = await made.loggedIn(ann)
    await made.loggedIn(ann)
    const remove = storage.delete.bind(storage)
    storage.delete = async () => {
      throw new Error('connection lost')
    }
    await made.browser().post('/login', { username: ann.username, password: ann.password })
    storage.delete = remove
    const alive = (await first.get('/me')).status === 200
    const listed = (await made.auth.sessions.list(ann.id)).length
    expect({ alive, listed }).toEqual({ alive: true, listed: 3 })

    // The next login makes room for all of them.
    await made.loggedIn(ann)
    expect(await made.auth.sessions.list(ann.id)).toHaveLength(2)
    expect((await first.get('/me')).status).toBe(401)
  })

  test('nor a login by tokens, which would survive the end of everything', async () => {
    const { tokenVersion: _none, ...columns } = authUserColumns()
    const table = sqliteTable('epochless', columns)
    const sqlite = new Database(':memory:')
    createTable(sqlite, table)
    const storage = memoryStorage()
    const made = application({
      users: drizzleUsers(drizzle(sqlite), table),
      transports: [bearer({ refresh: 'body', maxPerUser: 1 })],
      storage,
    })
    const ann = { username: 'ann', password: 'correct horse battery' }
    await made.browser().post('/register', { ...ann, email: 'ann@example.com' })
    const log = () => made.browser().post('/token', ann)
    const { refresh_token } = await json(await log())
    const remove = storage.delete.bind(storage)
    storage.delete = async () => {
      throw new Error('connection lost')
    }
    expect((await log()).status).toBe(503)
    storage.delete = remove
    await made.auth.users.endAll(1)
    expect((await made.browser().post('/refresh', { refresh_token })).status).toBe(401)
  })
})
