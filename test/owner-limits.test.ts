/**
 * What an owner defends an account with: nobody who has a stolen credential, or sits in the same
 * network, keeps the owner from it.
 */
import { bearer, memoryStorage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { json, world } from './support/world.ts'

const password = 'correct horse battery'

async function stolen() {
  const made = world({
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
    lockout: { mode: 'observe' },
  })
  const ann = await made.member('ann', password)
  const owner = await made.loggedIn(ann)
  const thief = await made.loggedIn(ann, { peer: '198.51.100.66' })
  const { access_token } = await json(
    await made.browser().post('/token', { username: 'ann', password }),
  )
  const headers = { authorization: `Bearer ${String(access_token)}` }
  return { ...made, ann, owner, thief, headers }
}

const change = { current_password: password, new_password: 'another horse, another battery' }

describe('Whoever has a stolen credential', () => {
  const attacks = {
    'a body that is refused': { current_password: 'x', new_password: 'short' },
    'a wrong password': { current_password: 'x', new_password: 'another horse, another day' },
    'no body': undefined,
  }

  test.each(Object.keys(attacks) as (keyof typeof attacks)[])(
    'keeps nobody from changing the password: %s',
    async (name) => {
      const { owner, thief, headers, browser } = await stolen()
      for (let n = 0; n < 24; n++) {
        await thief.post('/change-password', attacks[name])
        await browser().post('/change-password', attacks[name], { headers })
      }
      expect((await owner.post('/change-password', change)).status).toBe(200)
    },
  )

  test.each(Object.keys(attacks) as (keyof typeof attacks)[])(
    'not even a copy of the very same one: %s',
    async (name) => {
      const { owner } = await stolen()
      for (let n = 0; n < 24; n++) await owner.post('/change-password', attacks[name])
      expect((await owner.post('/change-password', change)).status).toBe(200)
    },
  )

  test('keeps nobody from logging out everywhere', async () => {
    const { owner, thief, auth, ann } = await stolen()
    for (let n = 0; n < 24; n++) await thief.post('/logout-all?keep_current=perhaps')
    for (let n = 0; n < 24; n++) await thief.post('/logout-all', undefined, { csrf: false })
    expect((await owner.post('/logout-all')).status).toBe(200)
    expect(await auth.sessions.list(ann.id)).toEqual([])
  })

  test('and logs out everywhere ten times cannot keep the owner from doing it after the next login', async () => {
    const { thief, loggedIn, ann } = await stolen()
    const statuses: number[] = []
    for (let n = 0; n < 12; n++) {
      statuses.push((await thief.post('/logout-all?keep_current=true')).status)
    }
    expect([statuses[9], statuses[10]]).toEqual([200, 429])
    expect((await (await loggedIn(ann)).post('/logout-all')).status).toBe(200)
    expect((await thief.get('/me')).status).toBe(401)
  })

  test('cannot do either without end: what is done counts', async () => {
    const { owner } = await stolen()
    const statuses: number[] = []
    for (let n = 0; n < 12; n++) {
      statuses.push((await owner.post('/logout-all?keep_current=true')).status)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.at(-1)).toBe(429)
  })

  test('and of many at once no more than the budget is done', async () => {
    const { owner } = await stolen()
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => owner.post('/logout-all?keep_current=true')),
    )
    const done = answers.filter(({ status }) => status === 200)
    expect(done.length).toBeLessThanOrEqual(10)
    expect(done.length).toBeGreaterThan(0)
  })
})

describe('POST /csrf/refresh', () => {
  test('without a session spends nothing of a network', async () => {
    const { owner, browser } = await stolen()
    for (let n = 0; n < 60; n++) {
      expect((await browser().post('/csrf/refresh')).status).toBe(401)
      const headers = { cookie: `__Host-session_id=${'x'.repeat(43)}` }
      expect((await browser().post('/csrf/refresh', undefined, { headers })).status).toBe(401)
    }
    expect((await owner.post('/csrf/refresh')).status).toBe(200)
  })

  test('of one session is bounded, and of others behind the same address is not', async () => {
    const { owner, loggedIn, ann } = await stolen()
    const statuses: number[] = []
    for (let n = 0; n < 31; n++) statuses.push((await owner.post('/csrf/refresh')).status)
    expect([statuses[29], statuses[30]]).toEqual([200, 429])
    const colleague = await loggedIn(ann)
    expect((await colleague.post('/csrf/refresh')).status).toBe(200)
  })

  test('looks its session up once', async () => {
    const { owner, calls } = await stolen()
    calls['get'] = 0
    await owner.post('/csrf/refresh')
    expect(calls['get']).toBe(1)
  })
})

test('A unit that cannot be given back costs its owner one, and no request', async () => {
  const storage = memoryStorage()
  const made = world({ storage, lockout: { mode: 'observe' } })
  const ann = await made.member('ann', password)
  const client = await made.loggedIn(ann)
  storage.giveBack = async () => {
    throw new Error('connection lost')
  }
  const wrong = { ...change, current_password: 'x' }
  expect((await client.post('/change-password', wrong)).status).toBe(401)
  const changed = await client.post('/change-password', change)
  expect([changed.status, changed.headers.get('x-ratelimit-remaining')]).toEqual([200, '3'])
})
