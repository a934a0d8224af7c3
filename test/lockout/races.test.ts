/**
 * What parallel requests, clocks, edges of weeks and dead processes must not give away.
 */
import { memoryStorage, type Storage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { swap } from '../../src/storage/swap.ts'
import { Verifications } from '../support/verifications.ts'
import { world } from '../support/world.ts'
import { address, five, guess, guesses, wrong } from './guesses.ts'
import { lateRefusals } from './late-refusals.ts'

const weekSeconds = 7 * 86_400
const looked = (statuses: readonly number[]) => statuses.filter((status) => status === 401).length

describe('A network fails at an account once', () => {
  test('however many wrong passwords come at once', async () => {
    const { browser } = world()
    const names = [...five.map(() => 'ann'), ...five.map(() => 'bob')]
    expect(looked(await Promise.all(names.map((name) => guess(browser(), name))))).toBe(10)
    expect(await guess(browser(), 'eve')).toBe(401)
  })

  test('also when its owner mistypes and logs in, again and again', async () => {
    lateRefusals()
    const { browser, member, clock } = world()
    const { username, password } = await member()
    for (let n = 0; n < 8; n++) {
      clock.advance(61)
      expect(await guess(browser(), username)).toBe(401)
      expect(await guess(browser(), username, password)).toBe(200)
    }
    const statuses = await guesses(12, (n) => guess(browser(), `name-${n}`))
    expect(looked(statuses)).toBe(9)
  })

  test('also when an earlier attempt at it was given up before it was looked at', async () => {
    const { browser } = world({ passwords: { concurrency: 1, cost: 7 } })
    const statuses: number[] = []
    for (let n = 0; n < 14; n++) {
      // Keeps the queue busy, from elsewhere.
      const busy = guess(browser({ peer: address(n) }), 'busy')
      const leaving = new AbortController()
      const first = browser()
        .post('/login', { username: `name-${n}`, password: wrong() }, { signal: leaving.signal })
        .catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 2))
      const second = guess(browser(), `name-${n}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
      leaving.abort()
      statuses.push(await second)
      await Promise.all([first, busy])
    }
    expect(looked(statuses)).toBeLessThanOrEqual(10)
  })
})

test('A network that failed at many accounts at once is locked once, and then open to who is right', async () => {
  const { browser, member, clock } = world()
  const { username, password } = await member()
  await Promise.all(Array.from({ length: 60 }, (_, n) => guess(browser(), `name-${n}`)))
  expect(await guess(browser(), username, password)).toBe(429)
  clock.advance(60)
  expect(await guess(browser(), username, password)).toBe(200)
})

describe('One account that logs in counts for its network once a week', () => {
  const sprayed = async (made: ReturnType<typeof world>, peer: (n: number) => string) => {
    lateRefusals()
    return looked(await guesses(60, (n) => guess(made.browser({ peer: peer(n) }), `name-${n}`)))
  }

  test('also when the week ends in the middle of a day', async () => {
    const made = world({ transports: [session({ maxPerUser: 1000 })] })
    const { username, password } = await made.member()
    const seconds = made.clock.read() / 1000
    made.clock.advance(weekSeconds - (seconds % weekSeconds) - 3600)
    const here = () => made.browser({ peer: address(1) })
    await guess(here(), username, password)
    made.clock.advance(3601)
    for (let n = 0; n < 40; n++) expect(await guess(here(), username, password)).toBe(200)
    expect(await sprayed(made, () => address(1))).toBe(10)
  })

  test('and for four networks at most', async () => {
    const made = world({ transports: [session({ maxPerUser: 1000 })] })
    const { username, password } = await made.member()
    for (let n = 0; n < 100; n++) {
      expect(await guess(made.browser({ peer: address(n % 5) }), username, password)).toBe(200)
    }
    expect(await sprayed(made, () => address(0))).toBe(10)
  })

  test('and for one site once, whatever network it comes from', async () => {
    const made = world({ transports: [session({ maxPerUser: 1000 })] })
    const { username, password } = await made.member()
    const peer = (n: number) => `2001:db8:1:${n.toString(16)}::1`
    for (let n = 0; n < 50; n++) {
      expect(await guess(made.browser({ peer: peer(n) }), username, password)).toBe(200)
    }
    expect(await sprayed(made, (n) => peer(1000 + n))).toBe(40)
  })

  test('and is not forgotten by a process whose clock is behind', async () => {
    const made = world()
    for (let n = 0; n < 30; n++) {
      const { username, password } = await made.member(`staff${n}`)
      await guess(made.browser({ peer: address(1) }), username, password)
    }
    const seconds = made.clock.read() / 1000
    made.clock.advance(weekSeconds - (seconds % weekSeconds))
    await guess(made.browser({ peer: address(1) }), 'nobody')
    made.clock.advance(-1)
    await guess(made.browser({ peer: address(1) }), 'somebody')
    made.clock.advance(86_400)
    expect(await sprayed(made, () => address(1))).toBe(13)
  })
})

describe('All strangers together', () => {
  test('are bounded whatever the bound', async () => {
    const verifications = new Verifications()
    const lockout = { maxFailures: 420, maxPerNetwork: 100 }
    const { browser, member, clock } = world({
      lockout,
      passwords: { adopt: [verifications.format] },
    })
    const { username } = await member()
    for (let n = 0; n < 460; n++) {
      clock.advance(16)
      await guess(browser({ peer: address(n % 10) }), username)
    }
    // And the looks of two hours that are not told.
    expect(verifications.count).toBeGreaterThanOrEqual(420)
    expect(verifications.count).toBeLessThanOrEqual(422)
  })

  test('keep their look of the hour when a process died with one of their attempts', async () => {
    let isDying = false
    const memory = memoryStorage()
    const storage: Storage = new Proxy(memory, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          // The first replacement of an attempt reserves it, the second says what became of it.
          if (name === 'replace' && isDying && String(args[1]).split(' ').at(-1)?.startsWith('f')) {
            throw new Error('connection lost')
          }
          return Reflect.apply(value, target, args)
        }
      },
    })
    const made = world({ storage })
    const { username, password } = await made.member()
    const strangers = (n: number) => {
      made.clock.advance(16)
      return guess(made.browser({ peer: address(n % 5) }), username)
    }
    await guesses(99, strangers)
    isDying = true
    await guess(made.browser({ peer: address(4) }), username)
    isDying = false
    made.clock.advance(3600)
    const refused = made.browser({ peer: address(7) })
    const wrongLogin = await refused.post('/login', { username, password: wrong() })
    expect([wrongLogin.status, wrongLogin.headers.get('retry-after')]).toEqual([429, '3600'])
    made.clock.advance(3600)
    expect(await guess(made.browser({ peer: address(8) }), username, password)).toBe(200)
  })
})

test('A spray over many names pushes no session out of the memory', async () => {
  const made = world({
    storage: memoryStorage({ maxEntries: 50 }),
    lockout: { accountsPerNetwork: 1000 },
  })
  const client = await made.loggedIn(await made.member())
  for (let n = 0; n < 120; n++) await guess(made.browser({ peer: address(n) }), `name-${n}`)
  expect((await client.get('/me')).status).toBe(200)
})

test('A hundred and fifty changes of one value at once are all made', async () => {
  const storage = memoryStorage()
  const one = (current: string | null) => ({
    value: String(Number(current ?? 0) + 1),
    ttl: 60,
    result: null,
  })
  await Promise.all(Array.from({ length: 150 }, () => swap(storage, 'count', one)))
  expect(await storage.get('count')).toBe('150')
})

describe('Whoever is right', () => {
  test('is never refused in observe mode, however many are at once', async () => {
    const { browser, member } = world({ lockout: { mode: 'observe' } })
    const { username, password } = await member()
    const all = await Promise.all(
      Array.from({ length: 20 }, () => guess(browser(), username, password)),
    )
    expect(new Set(all)).toEqual(new Set([200]))
  })

  test('is looked at again where a verifier of an adopted format had failed', async () => {
    let isDown = true
    const { browser, member, sqlite } = world({
      passwords: {
        adopt: [
          async (password, stored) => {
            if (!stored.startsWith('legacy:')) return null
            if (isDown) throw new Error('the directory does not answer')
            return stored === `legacy:${password}`
          },
        ],
      },
    })
    const { username } = await member()
    sqlite.prepare('update members set hashed_password = ?').run('legacy:right')
    expect(await guess(browser(), username, 'right')).toBe(401)
    isDown = false
    expect(await guess(browser(), username, 'right')).toBe(200)
  })
})
