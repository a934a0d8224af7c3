/**
 * A check of the application's own, inside of the lockout: `auth.attempt`.
 */
import { AuthError } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { type WorldConfig, world } from '../support/world.ts'
import { address } from './guesses.ts'

function vouchers(config: WorldConfig = {}) {
  const made = world(config)
  const asked: (object | null)[] = []
  made.app.post('/by-voucher', async (c) => {
    const { name, voucher, creates } = await c.req.json()
    try {
      const user = await made.auth.attempt(
        c,
        name,
        (found) => {
          asked.push(found)
          if (voucher === 'broken') throw new Error('the till is closed')
          return voucher
        },
        creates
          ? {
              create: () =>
                made.auth.users.create({ email: `${name}@example.com`, username: name }),
            }
          : {},
      )
      await made.auth.sessions.create(c, user)
      return c.json({ username: user.username })
    } catch (error) {
      if (error instanceof AuthError) return error.getResponse()
      return c.text((error as Error).message, 500)
    }
  })
  const attempt = (name: string, voucher: unknown, peer = '203.0.113.9', more: object = {}) =>
    made.browser({ peer }).post('/by-voucher', { name, voucher, ...more })
  return { ...made, asked, attempt }
}

const statuses = async (times: number, one: () => Promise<Response>) => {
  const seen: number[] = []
  for (let n = 0; n < times; n++) seen.push((await one()).status)
  return seen
}

describe('auth.attempt', () => {
  test('admits on true alone, and gives the user for a session', async () => {
    const { attempt, member, asked, browser } = vouchers()
    await member('ann')
    for (const voucher of ['yes', 1, {}, null, false]) {
      expect((await attempt('ann', voucher, `198.51.100.${asked.length}`)).status).toBe(401)
    }
    const client = browser()
    const answer = await client.post('/by-voucher', { name: 'ANN@example.com', voucher: true })
    expect([answer.status, await answer.json()]).toEqual([200, { username: 'ann' }])
    expect((await client.get('/me')).status).toBe(200)
    expect(asked).toHaveLength(6)
    for (const user of asked) expect(user).toMatchObject({ username: 'ann' })
    for (const user of asked) expect(user).not.toHaveProperty('hashedPassword')
  })

  test('shares its budget with /login, in both directions', async () => {
    const { attempt, browser, member } = vouchers()
    const ann = await member('ann')
    const login = (password: string) =>
      browser({ peer: '203.0.113.9' }).post('/login', { username: 'ann', password })
    expect(await statuses(3, () => attempt('ann', false))).toEqual([401, 401, 401])
    expect((await login('wrong 1')).status).toBe(401)
    expect((await login('wrong 2')).status).toBe(401)
    expect((await attempt('ann', true)).status).toBe(429)
    expect((await login(ann.password)).status).toBe(429)
    expect((await attempt('ann', true, '203.0.113.10')).status).toBe(200)
  })

  test('looks the same with and without an account, and asks the check as often', async () => {
    const seen = async (name: string) => {
      const { attempt, asked, calls, clock, member } = vouchers()
      await member('ann')
      const answers: unknown[] = []
      for (let n = 0; n < 60; n++) {
        clock.advance([0, 1, 20, 61, 600][n % 5] ?? 0)
        const before = { ...calls }
        const answer = await attempt(name, false, address(n % 2))
        answers.push([
          answer.status,
          answer.headers.get('retry-after'),
          await answer.text(),
          Object.entries(calls).map(([call, count]) => [call, count - (before[call] ?? 0)]),
          asked.length,
        ])
      }
      return answers
    }
    const known = await seen('ann')
    expect(known).toEqual(await seen('nobody'))
    expect(new Set(known.map((one) => (one as number[])[0]))).toEqual(new Set([401, 429]))
  })

  test('counts every attempt, also one that repeats another', async () => {
    const { attempt, member } = vouchers()
    await member('ann')
    expect(await statuses(6, () => attempt('ann', false))).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('what the check throws passes through, and does not count', async () => {
    const { attempt, events, member } = vouchers()
    await member('ann')
    expect(await statuses(8, () => attempt('ann', 'broken'))).toEqual(Array(8).fill(500))
    expect((await attempt('ann', true)).status).toBe(200)
    expect(events.filter(({ name }) => name === 'login.failed')).toEqual([])
  })

  test('tells the same events as /login, and refuses who is disabled', async () => {
    const { attempt, auth, events, member } = vouchers()
    const ann = await member('ann')
    await attempt('ann', false)
    await attempt('nobody', true)
    await auth.users.disable(ann.id)
    expect((await attempt('ann', true)).status).toBe(401)
    const failed = events.filter((event) => event.name === 'login.failed')
    expect(failed.map(({ reason, userId }) => [reason, userId])).toEqual([
      ['password', ann.id],
      ['unknown', null],
      ['disabled', ann.id],
    ])
  })

  test('makes the account of who is right and has none, where the application says how', async () => {
    const { attempt, auth, asked } = vouchers()
    expect((await attempt('bob', false, undefined, { creates: true })).status).toBe(401)
    expect((await attempt('bob', true)).status).toBe(401)
    expect(await auth.users.find('bob')).toBeNull()
    expect((await attempt('bob', true, undefined, { creates: true })).status).toBe(200)
    expect((await attempt('bob', true)).status).toBe(200)
    expect(asked.map((user) => user !== null)).toEqual([false, false, false, true])
  })

  test('an account that is closed to strangers admits nobody, whatever the check says', async () => {
    const { attempt, asked, clock, member } = vouchers({ lockout: { withoutRecovery: 'close' } })
    await member('ann')
    for (let n = 0; n < 140; n++) {
      await attempt('ann', false, address(n))
      clock.advance(61)
    }
    const before = asked.length
    clock.advance(3600)
    const answer = await attempt('ann', true, address(500))
    expect(answer.status).toBe(429)
    expect(asked.slice(before)).toEqual([null])
  })
})
