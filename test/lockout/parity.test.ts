/**
 * What a stranger sees of the lockout is the same with and without an account, at every moment.
 */
import { memoryStorage } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { Verifications } from '../support/verifications.ts'
import { secret, world } from '../support/world.ts'
import { address, guess, guesses, wrong } from './guesses.ts'

/** What is seen of one attempt from outside, and what it costs inside. */
interface Seen {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: unknown
  readonly work: Readonly<Record<string, number>>
}

/** Numbers that look random, the same for both. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}

/**
 * Forty days of strangers at one name: bursts, pauses, repeats, from few and from many networks.
 */
async function fortyDays(name: string, config: Parameters<typeof world>[0] = {}): Promise<Seen[]> {
  const verifications = new Verifications()
  const made = world({ ...config, passwords: { adopt: [verifications.format] } })
  await made.member('ann')
  const roll = dice(7)
  const seen: Seen[] = []
  for (let n = 0; n < 480; n++) {
    const pauses = n < 260 ? [0, 0, 1, 10, 61] : [0, 1, 61, 1800, 3600, 6 * 3600, 24 * 3600]
    made.clock.advance(pauses[Math.floor(roll() * pauses.length)] ?? 0)
    const networks = roll() < 0.3 ? 3 : 40
    const peer = address(Math.floor(roll() * networks))
    const password = roll() < 0.2 ? `again ${Math.floor(roll() * 3)}` : `guess ${n}`
    const before = { ...made.calls }
    const looked = verifications.count
    const response = await made.browser({ peer }).post('/login', { username: name, password })
    seen.push({
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: await response.json(),
      work: {
        ...Object.fromEntries(
          Object.entries(made.calls).map(([call, count]) => [call, count - (before[call] ?? 0)]),
        ),
        verified: verifications.count - looked,
      },
    })
  }
  return seen
}

describe('With and without an account', () => {
  test.each([
    ['the default', {}],
    ['close', { lockout: { withoutRecovery: 'close' } }],
  ] as const)(
    'forty days of guesses get the same answers for the same work: %s',
    async (_, config) => {
      const known = await fortyDays('ann', config)
      const unknown = await fortyDays('nobody', config)
      expect(known).toEqual(unknown)
      // It went through everything: looks, locks, repeats, and looks that are not told.
      expect(new Set(known.map(({ status }) => status))).toEqual(new Set([401, 429]))
      const hidden = known.filter(({ status, work }) => status === 429 && work['verified'] === 1)
      expect(hidden.length).toBeGreaterThan(2)
      const repeats = known.filter(({ status, work }) => status === 401 && work['verified'] === 0)
      expect(repeats.length).toBeGreaterThan(2)
    },
  )

  test.each([
    ['user names, whose case matters', {}],
    ['user names, whose case does not matter', { identity: { ignoreCase: ['username'] } }],
  ] as const)('spellings share a lane for both, or for neither: %s', async (_, config) => {
    const seen = async (name: string) => {
      const made = world(config as object)
      await made.member('ann')
      const spellings = [name, name, name, name, name, name.toUpperCase(), ` ${name}`, name]
      const statuses: number[] = []
      for (const spelling of spellings) statuses.push(await guess(made.browser(), spelling))
      return statuses
    }
    expect(await seen('ann')).toEqual(await seen('bob'))
    expect(await seen('ann@example.com')).toEqual(await seen('bob@example.com'))
  })

  test('a disabled account whose password is right is as one that is not there', async () => {
    const made = world()
    const ann = await made.member()
    await made.auth.users.disable(ann.id)
    const right = await guesses(8, () => guess(made.browser(), ann.username, ann.password))
    const nobody = await guesses(8, () => guess(made.browser(), 'nobody', ann.password))
    expect(right).toEqual(nobody)
  })

  test('a known device of another account is a stranger at either', async () => {
    const made = world()
    await made.member('ann')
    const mallory = await made.loggedIn(await made.member('mallory'))
    const seen = async (name: string) => {
      const before = { ...made.calls }
      const statuses = await guesses(6, () => guess(mallory, name))
      const work = Object.entries(made.calls).map(([call, n]) => [call, n - (before[call] ?? 0)])
      return { statuses, work }
    }
    expect(await seen('ann')).toEqual(await seen('nobody'))
  })

  test('another secret begins both anew: what is remembered does not tell them apart', async () => {
    const storage = memoryStorage()
    const before = world({ storage })
    const after = world({
      storage,
      secret: ['another secret, of thirty-two bytes or more', secret],
    })
    for (const made of [before, after]) await made.member('ann')
    const close = async (name: string) => {
      for (let n = 0; n < 102; n++) {
        before.clock.advance(16)
        await guess(before.browser({ peer: address(n % 6) }), name)
      }
      return guess(before.browser({ peer: address(50) }), name)
    }
    expect([await close('ann'), await close('nobody')]).toEqual([429, 429])
    const seen = (name: string) =>
      guesses(6, () => guess(after.browser({ peer: address(60) }), name))
    expect(await seen('ann')).toEqual(await seen('nobody'))
  })

  test('a fresh name and a fresh account answer alike after a spray over many names', async () => {
    const made = world({ storage: memoryStorage({ maxEntries: 1_000_000 }) })
    await made.member('ann')
    for (let n = 0; n < 800; n++) {
      await guess(made.browser({ peer: address(n >> 3) }), `spray-${n}`, 'one password')
    }
    const fresh = (name: string) =>
      guesses(130, (n) => guess(made.browser({ peer: address(500_000 + (n % 26)) }), name))
    expect(await fresh('ann')).toEqual(await fresh('nobody'))
  })
})

describe('A name that is registered', () => {
  const body = { email: 'zoe@example.com', username: 'zoe', password: 'a correct horse' }

  test('answers strangers as before, and lets in who registered it', async () => {
    const { browser, clock } = world()
    const attack = async () => {
      const statuses: number[] = []
      for (let n = 0; n < 100; n++) {
        clock.advance(16)
        statuses.push(await guess(browser({ peer: address(1000 + (n % 5)) }), 'zoe'))
      }
      return statuses
    }
    await attack()
    const stranger = browser({ peer: address(7) })
    await guess(stranger, 'zoe')
    expect(await guess(stranger, 'zoe')).toBe(429)
    const zoe = browser({ peer: address(8) })
    expect((await zoe.post('/register', body)).status).toBe(200)
    expect(await guess(stranger, 'zoe')).toBe(429)
    expect(await guess(zoe, 'zoe', body.password)).toBe(200)
  })

  test('is as closed as the one of its names that was guessed at most, and no more', async () => {
    const { browser, clock } = world()
    for (let n = 0; n < 60; n++) {
      clock.advance(16)
      for (const name of ['zoe', 'zoe@example.com']) {
        await guess(browser({ peer: address(1000 + (n % 5)) }), name)
      }
    }
    expect((await browser({ peer: address(8) }).post('/register', body)).status).toBe(200)
    // Sixty are counted, not a hundred and twenty: somebody elsewhere still gets in.
    expect(await guess(browser({ peer: address(9) }), 'zoe', body.password)).toBe(200)
    const more = await guesses(60, (n) => {
      clock.advance(16)
      return guess(browser({ peer: address(2000 + (n % 5)) }), 'zoe')
    })
    expect(more.filter((status) => status === 401)).toHaveLength(40)
  })

  test('gives a device’s name whether or not it was free, in a cookie or in the body', async () => {
    const { browser } = world()
    const cookie = (response: Response) =>
      response.headers
        .getSetCookie()
        .map((line) => line.replace(/=[\w-]{22};/, '=…;'))
        .join('\n')
    const free = await browser().post('/register', body)
    const taken = await browser().post('/register', body)
    expect([free.status, taken.status]).toEqual([200, 422])
    expect(cookie(free)).toMatch(/^__Host-known_device=…;.*HttpOnly/)
    expect(cookie(taken)).toBe(cookie(free))

    const another = { email: 'amy@example.com', username: 'amy', password: 'a correct horse' }
    const inBody = async () => {
      const response = await browser().post('/register?device_token=true', another)
      expect(response.headers.getSetCookie()).toEqual([])
      return ((await response.json()) as { device_token: string }).device_token
    }
    const [first, second] = [await inBody(), await inBody()]
    expect([first, second]).toEqual([expect.stringMatching(/^[\w-]{22}$/), expect.any(String)])
    expect(first).not.toBe(second)
  })

  test('makes nobody known by way of a page of another site', async () => {
    const { browser } = world()
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const response = await browser().post('/register', body, { headers })
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
  })

  test('makes nobody known for an account that was there before', async () => {
    const { browser, member } = world()
    const ann = await member()
    const mallory = browser({ peer: address(9) })
    const { email, username } = ann
    await mallory.post('/register', { email, username, password: wrong() })
    await guesses(5, () => guess(mallory, username))
    expect(await guess(browser({ peer: address(9) }), username, ann.password)).toBe(429)
  })
})
