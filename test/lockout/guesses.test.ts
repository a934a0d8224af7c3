import { type AdoptedFormat, bearer, memoryStorage, type Storage, session } from 'crudauth'
import { describe, expect, test, vi } from 'vitest'
import { Verifications } from '../support/verifications.ts'
import { json, type World, type WorldConfig, world } from '../support/world.ts'
import { address, five, guess, guesses, once, wrong } from './guesses.ts'
import { lateRefusals } from './late-refusals.ts'

describe('One network at one account', () => {
  test('gets five wrong passwords looked at; the sixth attempt is refused, right or wrong', async () => {
    const { browser, member } = world()
    const ann = await member()
    const client = browser()
    expect(await guesses(5, () => guess(client, ann.username))).toEqual(five)
    const response = await client.post('/login', { username: ann.username, password: ann.password })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await json(response)).toMatchObject({
      code: 'login_locked',
      detail:
        'Too many login attempts. Try again later, or use a browser that has logged in before.',
    })
  })

  test('is counted in every minute, wherever it begins', async () => {
    const { browser, clock } = world()
    const client = browser()
    await guesses(4, () => guess(client, 'ann'))
    clock.advance(59)
    expect(await guess(client, 'ann')).toBe(401)
    expect(await guess(client, 'ann')).toBe(429)
    // Four of the five were forgotten a second later, had the minute an edge.
    clock.advance(59)
    expect(await guess(client, 'ann')).toBe(429)
  })

  test('is not locked by five that took more than a minute', async () => {
    const { browser, clock } = world()
    const client = browser()
    const statuses = await guesses(12, async () => {
      clock.advance(16)
      return guess(client, 'ann')
    })
    expect(new Set(statuses)).toEqual(new Set([401]))
  })

  test('is locked twice as long each time, and after twenty for the horizon', async () => {
    const { browser, clock } = world()
    const client = browser()
    const locks: number[] = []
    for (let round = 0; round < 5; round++) {
      let response: Response
      do {
        response = await client.post('/login', { username: 'ann', password: wrong() })
      } while (response.status === 401)
      locks.push(Number(response.headers.get('retry-after')))
      clock.advance(locks.at(-1) ?? 0)
    }
    expect(locks).toEqual([60, 120, 240, 480, 3600])
    clock.advance(29 * 86_400)
    expect(await guess(client, 'ann')).toBe(429)
    clock.advance(86_400)
    expect(await guess(client, 'ann')).toBe(401)
  })

  test('has locks no longer than the longest', async () => {
    const { browser, clock } = world({ lockout: { maxPerNetwork: 100, maxFailures: 500 } })
    const client = browser()
    const locks: number[] = []
    for (let round = 0; round < 9; round++) {
      await guesses(5, () => guess(client, 'ann'))
      const response = await client.post('/login', { username: 'ann', password: wrong() })
      locks.push(Number(response.headers.get('retry-after')))
      clock.advance(locks.at(-1) ?? 0)
    }
    expect(locks).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  })

  test('is not counted while it is locked', async () => {
    const { browser, clock } = world()
    const client = browser()
    await guesses(6, () => guess(client, 'ann'))
    clock.advance(59)
    const late = await client.post('/login', { username: 'ann', password: wrong() })
    expect(late.headers.get('retry-after')).toBe('1')
    clock.advance(1)
    expect(await guesses(6, () => guess(client, 'ann'))).toEqual(once)
  })

  test.each([
    ['IPv6 addresses of one /64', (n: number) => `2001:db8:1:2::${n + 1}`],
    ['an IPv4 address and its IPv6-mapped forms', (n: number) => forms[n % 3] as string],
  ])('is one: %s', async (_, peer) => {
    const { browser } = world()
    expect(await guesses(6, (n) => guess(browser({ peer: peer(n) }), 'ann'))).toEqual(once)
  })

  test('gets twenty in all, with every other network of its site', async () => {
    const { browser, clock } = world()
    const statuses = await guesses(40, async (n) => {
      clock.advance(60)
      return guess(browser({ peer: `2001:db8:1:${n.toString(16)}::1` }), 'ann')
    })
    expect(statuses.filter((status) => status === 401)).toHaveLength(20)
    expect(await guess(browser({ peer: '2001:db8:2::1' }), 'ann')).toBe(401)
  })

  test('is the client behind a trusted proxy, not the proxy', async () => {
    const { browser } = world({ trustedProxies: { networks: ['10.0.0.0/8'] } })
    const through = (client: string) =>
      browser({ peer: '10.0.0.1' })
        .post(
          '/login',
          { username: 'ann', password: wrong() },
          { headers: { 'x-forwarded-for': client } },
        )
        .then(({ status }) => status)
    expect(await guesses(6, (n) => through(`203.0.113.${n}`))).not.toContain(429)
    const one = await guesses(6, (n) => through(`9.9.9.${n}, 203.0.113.77`))
    expect(one.at(-1)).toBe(429)
  })
})

const forms = ['192.0.2.9', '::ffff:192.0.2.9', '::ffff:c000:209']

describe('Attempts at once', () => {
  test('a hundred wrong passwords from one address get five verifications', async () => {
    const verifications = new Verifications()
    const { browser, member, events } = world({ passwords: { adopt: [verifications.format] } })
    const { username } = await member()
    const statuses = await Promise.all(
      Array.from({ length: 100 }, () => guess(browser(), username)),
    )
    expect(verifications.count).toBe(5)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(95)
    expect(events.filter(({ name }) => name === 'login.failed')).toHaveLength(5)
    const [next] = [await browser().post('/login', { username, password: wrong() })]
    expect(next?.headers.get('retry-after')).toBe('60')
  })

  test('those beyond what is under way are told to wait a moment, and nothing is locked', async () => {
    const { browser, member, events, clock } = world()
    const { username, password } = await member()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser().post('/login', { username, password })),
    )
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5)
    const waits = answers.map((answer) => answer.headers.get('retry-after'))
    expect(waits.filter((wait) => wait !== null && wait !== '1')).toEqual([])
    expect(events.filter(({ name }) => name === 'lockout.tripped')).toEqual([])
    clock.advance(1)
    expect(await guess(browser(), username, password)).toBe(200)
  })

  test('a hundred from a hundred networks are looked at, and no more', async () => {
    const verifications = new Verifications()
    const { browser, member } = world({
      passwords: { adopt: [verifications.format], maxQueued: 1000 },
    })
    const { username } = await member()
    const from = (n: number) => guess(browser({ peer: address(n) }), username)
    await Promise.all(Array.from({ length: 130 }, (_, n) => from(n)))
    await Promise.all(Array.from({ length: 100 }, (_, n) => from(n)))
    expect(verifications.count).toBeLessThanOrEqual(101)
    expect(verifications.count).toBeGreaterThanOrEqual(100)
  })

  test('a burst from one address over many names locks none of the accounts', async () => {
    const { browser, member } = world({ passwords: { maxQueued: 1000 } })
    const { username, password } = await member()
    const at = { peer: address(1) }
    const names = [username, ...Array.from({ length: 19 }, (_, n) => `name-${n}`)]
    await Promise.all(names.flatMap((name) => names.map(() => guess(browser(at), name))))
    expect(await guess(browser(), username, password)).toBe(200)
  })
})

describe('Neither resets nor multiplies with', () => {
  const spent = async (names: readonly string[], config: WorldConfig = {}) => {
    const { browser, member } = world(config)
    await member('ann')
    return guesses(6, (n) => guess(browser(), names[n % names.length] ?? ''))
  }

  test.each([
    ['case', ['ann@example.com', 'ANN@example.com', 'Ann@Example.COM']],
    ['white space', ['ann@example.com', ' ann@example.com', 'ann@example.com\n']],
    ['identifier', ['ann', 'ann@example.com']],
    ['Unicode form of an unknown name', ['caf\u00e9', 'cafe\u0301', '\uff43af\u00e9']],
    ['parts of a domain that are not seen', ['ann@example.com', 'ann@ex\u00adample.com']],
    ['such parts of an unknown address', ['nobody@example.com', 'nobody@ex\u00adample.com']],
    ['the domain of an unknown address', ['x@m\u00fcnchen.de', 'X@xn--mnchen-3ya.de']],
    ['compatibility characters', ['\u2122x', 'TMx']],
    ['case of an unknown address', ['nobody@example.com', 'Nobody@Example.COM']],
  ])('%s', async (_, names) => {
    expect(await spent(names)).toEqual(once)
  })

  test('the way in: a route of the application shares the budget', async () => {
    const { app, auth, browser, member } = world()
    app.post('/own-login', async (c) => {
      const { username } = await c.req.json<{ username: string }>()
      await auth.authenticatePassword(c, username, wrong())
      return c.body(null)
    })
    const ann = await member()
    const statuses = await guesses(6, async (n) => {
      if (n % 2) return guess(browser(), ann.username)
      return (await browser().post('/own-login', { username: ann.username })).status
    })
    expect(statuses).toEqual(once)
  })

  test('the transport: /token shares the budget of /login', async () => {
    const { browser, member } = world({ transports: [session(), bearer()] })
    const { username } = await member()
    const statuses = await guesses(6, async (n) => {
      const path = n % 2 ? '/login' : '/token'
      return (await browser().post(path, { username, password: wrong() })).status
    })
    expect(statuses).toEqual(once)
  })

  test('the length of an identifier: none is normalised at any length', async () => {
    const { browser } = world({ transports: [session(), bearer()] })
    const normalised: number[] = []
    const normalize = String.prototype.normalize
    vi.spyOn(String.prototype, 'normalize').mockImplementation(function (this: string, form) {
      normalised.push(this.length)
      return normalize.call(this, form)
    })
    const slow = `a${'\u0301\u0316'.repeat(15_000)}`
    const answer = await browser().post('/login', { username: slow, password: wrong() })
    expect(answer.status).toBe(401)
    const longest = await browser().post('/login', { username: 'a'.repeat(1025), password: 'x' })
    expect(longest.status).toBe(401)
    for (const fields of [{ username: slow }, { email: `${slow}@example.com` }]) {
      const body = { email: 'z@example.com', username: 'zoe', password: 'correct horse', ...fields }
      for (const peer of ['192.0.2.1', undefined]) {
        expect((await browser({ peer }).post('/register', body)).status).toBe(422)
      }
    }
    expect((await browser().post('/token', { username: slow, password: wrong() })).status).toBe(401)
    vi.restoreAllMocks()
    expect(normalised.length).toBeGreaterThan(0)
    expect(Math.max(...normalised)).toBeLessThanOrEqual(1024)
  })
})

describe('The same wrong password from one network', () => {
  test('is answered without being counted or looked at again, for a day', async () => {
    const verifications = new Verifications()
    const { browser, member, clock } = world({ passwords: { adopt: [verifications.format] } })
    const { username, password } = await member()
    const statuses = await guesses(300, async () => {
      clock.advance(280)
      return guess(browser(), username, 'the old one')
    })
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(verifications.count).toBe(1)
    clock.advance(3600)
    expect(await guess(browser(), username, 'the old one')).toBe(401)
    expect(verifications.count).toBe(2)
    expect(await guess(browser(), username, password)).toBe(200)
  })

  test('is the last three of them, and of this network only', async () => {
    const verifications = new Verifications()
    const { browser } = world({ passwords: { adopt: [verifications.format] } })
    for (const password of ['one', 'two', 'three', 'one', 'two', 'three', 'four', 'one']) {
      expect(await guess(browser(), 'ann', password)).toBe(401)
    }
    expect(verifications.count).toBe(5)
    expect(await guess(browser({ peer: address(1) }), 'ann', 'one')).toBe(401)
    expect(verifications.count).toBe(6)
  })

  test('is right once it has been set, and once its account is enabled', async () => {
    const { auth, browser, member, loggedIn } = world()
    const ann = await member()
    const next = 'another horse battery'
    expect(await guess(browser(), ann.username, next)).toBe(401)
    const own = await loggedIn(ann)
    const body = { current_password: ann.password, new_password: next }
    expect((await own.post('/change-password', body)).status).toBe(200)
    expect(await guess(browser(), ann.username, next)).toBe(200)
    await auth.users.disable(ann.id)
    expect(await guess(browser(), ann.username, next)).toBe(401)
    await auth.users.enable(ann.id)
    expect(await guess(browser(), ann.username, next)).toBe(200)
  })
})

test('A right password is looked at again once what it is verified with is configured', async () => {
  const storage = memoryStorage()
  const pepper = 'a pepper of thirty-two bytes or more'
  const before = world({ storage, passwords: { pepper } })
  const { username, password } = await before.member()
  // The same table, by a process that lacks the pepper, and then has it.
  const later = (passwords: WorldConfig['passwords']) => {
    const made = world({ storage, ...(passwords && { passwords }) })
    copyMembers(before, made)
    return guess(made.browser({ peer: address(1) }), username, password)
  }
  expect(await later({})).toBe(401)
  expect(await later({})).toBe(401)
  expect(await later({ pepper })).toBe(200)
})

function copyMembers({ sqlite: from }: World, { sqlite: to }: World): void {
  for (const row of from.prepare('select * from members').all() as object[]) {
    const names = Object.keys(row)
    const places = names.map((name) => `@${name}`)
    to.prepare(`insert into members (${names}) values (${places})`).run(row)
  }
}

describe('A right password', () => {
  test('forgives its own network ten failures a day, and no other', async () => {
    const { browser, member, clock } = world({ lockout: { maxAttempts: 20 } })
    const { username, password } = await member()
    const script = () => guess(browser({ peer: address(1) }), username, password)
    const attacker = () => guess(browser({ peer: address(1) }), username)
    let looked = 0
    for (let n = 0; n < 50; n++) {
      clock.advance(61)
      if ((await attacker()) === 401) looked++
      await script()
    }
    // Twenty, and the ten that were forgiven.
    expect(looked).toBe(30)
    expect(await guess(browser({ peer: address(2) }), username, password)).toBe(200)
  })

  test('does not end what others are refused for', async () => {
    const { browser, member } = world()
    const { username, password } = await member()
    await guesses(6, () => guess(browser({ peer: address(1) }), username))
    expect(await guess(browser({ peer: address(2) }), username, password)).toBe(200)
    expect(await guess(browser({ peer: address(1) }), username)).toBe(429)
  })
})

describe('All strangers together', () => {
  const close = async (made: ReturnType<typeof world>, username: string, networks = 5) => {
    let looked = 0
    for (let n = 0; n < networks * 20; n++) {
      // Twelve seconds more than a minute for every five: none is locked for guessing fast.
      made.clock.advance(16)
      const peer = address(1000 + (n % networks))
      if ((await guess(made.browser({ peer }), username)) === 401) looked++
    }
    return looked
  }

  test('get a hundred, after which the account is closed to them until it is unlocked', async () => {
    const made = world()
    const ann = await made.member()
    const own = await made.loggedIn(ann)
    expect(await close(made, ann.username)).toBe(100)
    const stranger = () =>
      made
        .browser({ peer: address(1) })
        .post('/login', { username: ann.username, password: ann.password })
    // The look of the hour goes to whoever comes first.
    expect(await guess(made.browser({ peer: address(2) }), ann.username)).toBe(429)
    const refused = await stranger()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3600'])
    expect(await guess(own, ann.username, ann.password)).toBe(200)
    await made.auth.unlock(ann.id)
    expect((await stranger()).status).toBe(200)
  })

  test('four networks close nothing: an owner elsewhere, without a cookie, is never refused', async () => {
    const made = world()
    const ann = await made.member()
    for (let n = 0; n < 400; n++) {
      if (n % 40 === 0) made.clock.advance(3600)
      await guess(made.browser({ peer: address(1000 + (n % 4)) }), ann.username)
      if (n % 4 > 0) continue
      const login = await guess(made.browser({ peer: address(1) }), ann.username, ann.password)
      expect(login).toBe(200)
    }
  })

  test('one look an hour is left to them where nothing can prove the owner', async () => {
    const made = world()
    const ann = await made.member()
    await close(made, ann.username)
    made.clock.advance(3600)
    const at = (n: number) => made.browser({ peer: address(n) })
    expect(await guess(at(1), ann.username, ann.password)).toBe(200)
    // A right one does not use it up.
    expect(await guess(at(2), ann.username, ann.password)).toBe(200)
    expect(await guess(at(3), ann.username)).toBe(429)
    expect(await guess(at(4), ann.username, ann.password)).toBe(429)
  })

  test('that look is given back where nothing was looked at', async () => {
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let isHeld = false
    const held: AdoptedFormat = {
      name: 'held',
      recognises: (stored) => stored === '$held$',
      decoy: () => '$held$',
      async verify() {
        if (isHeld) {
          begun.resolve()
          await gate.promise
        }
        return false
      },
    }
    const made = world({ passwords: { cost: 4, concurrency: 1, maxQueued: 0, adopt: [held] } })
    const ann = await made.member()
    await close(made, ann.username)
    made.clock.advance(3600)
    const at = (n: number) => made.browser({ peer: address(n) })
    isHeld = true
    const busy = guess(at(1), 'somebody else')
    await begun.promise
    expect(await guess(at(2), ann.username, ann.password)).toBe(503)
    isHeld = false
    gate.resolve()
    await busy
    expect(await guess(at(2), ann.username, ann.password)).toBe(200)
  })

  test('none is left with close', async () => {
    const made = world({ lockout: { withoutRecovery: 'close' } })
    const ann = await made.member()
    await close(made, ann.username)
    for (let n = 0; n < 5; n++) {
      made.clock.advance(3600)
      const at = made.browser({ peer: address(n) })
      expect(await guess(at, ann.username, ann.password)).toBe(429)
    }
  })

  test('failures are forgotten one by one, thirty days later', async () => {
    const made = world()
    const ann = await made.member()
    await close(made, ann.username)
    const end = 30 * 86_400 - 100 * 16
    made.clock.advance(end)
    const stranger = (n: number) => guess(made.browser({ peer: address(n) }), ann.username)
    expect(await stranger(1)).toBe(429)
    made.clock.advance(16)
    expect(await guesses(3, stranger)).toEqual([401, 429, 429])
  })
})

describe('A network that fails at many accounts', () => {
  const spray = (made: ReturnType<typeof world>, count: number, peer: string, prefix = 'name') =>
    guesses(count, (n) => guess(made.browser({ peer }), `${prefix}-${n}`))

  test('is locked after ten in a day, for everybody, and twice as long each time', async () => {
    lateRefusals()
    const made = world()
    const { username, password } = await made.member()
    expect(await spray(made, 11, address(1))).toEqual([...five, ...five, 429])
    const bob = await made.member('bob')
    const at = () => made.browser({ peer: address(1) }).post('/login', { username, password })
    const locked = await at()
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([429, '60'])
    made.clock.advance(60)
    expect((await at()).status).toBe(200)
    expect(await spray(made, 3, address(1), 'next')).toEqual([401, 429, 429])
    const there = { peer: address(1) }
    const bobs = await made.browser(there).post('/login', bob)
    expect([bobs.status, bobs.headers.get('retry-after')]).toEqual([429, '120'])
    // The names, and other networks, are as open as ever.
    expect(await guess(made.browser(), 'name-10')).toBe(401)
    expect(await guess(made.browser(), username, password)).toBe(200)
  })

  test('is not told by one person’s retries', async () => {
    const { browser, member, clock } = world()
    const { username, password } = await member('bob')
    for (let n = 0; n < 19; n++) {
      clock.advance(16)
      expect(await guess(browser(), 'ann')).toBe(401)
    }
    expect(await guess(browser(), username, password)).toBe(200)
  })

  test('refills over the day', async () => {
    const made = world()
    await spray(made, 9, address(1))
    made.clock.advance(86_400)
    expect(await spray(made, 11, address(1), 'next')).toEqual([...five, ...five, 429])
  })

  test('has room for one more with every ten accounts that logged in from there', async () => {
    const made = world()
    for (let n = 0; n < 30; n++) {
      const { username, password } = await made.member(`staff${n}`)
      const here = { peer: address(1) }
      expect(await guess(made.browser(here), username, password)).toBe(200)
      // The same person again is not another one.
      expect(await guess(made.browser(here), username, password)).toBe(200)
    }
    const statuses = await spray(made, 14, address(1))
    const there = statuses.filter((status) => status === 401).length
    const elsewhere = await spray(made, 14, address(7), 'other')
    expect([there, elsewhere.filter((status) => status === 401).length]).toEqual([13, 10])
  })

  test('is bounded with its site, which has four times as many', async () => {
    const made = world()
    const statuses = await guesses(50, (n) =>
      guess(made.browser({ peer: `2001:db8:1:${n.toString(16)}::1` }), `name-${n}`),
    )
    expect(statuses.filter((status) => status === 401)).toHaveLength(40)
    expect(await guess(made.browser({ peer: '2001:db8:2::1' }), 'ann')).toBe(401)
  })

  test('gets no more than its budget at once, where the budget is nearly used up', async () => {
    const made = world({ passwords: { maxQueued: 1000 } })
    await spray(made, 6, address(1))
    const burst = await Promise.all(
      Array.from({ length: 50 }, (_, n) => guess(made.browser({ peer: address(1) }), `burst-${n}`)),
    )
    expect(burst.filter((status) => status === 401)).toHaveLength(4)
  })

  test('an office behind one address logs in as often as it likes', async () => {
    const { browser, member } = world()
    const { username, password } = await member()
    const statuses = await guesses(20, () => guess(browser(), username, password))
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  test('a client whose address is unknown shares nobody’s', async () => {
    const { browser, events, member } = world()
    const { username, password } = await member()
    const nowhere = { peer: undefined }
    const statuses = await guesses(20, (n) => guess(browser(nowhere), `name-${n}`))
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(await guesses(30, () => guess(browser(nowhere), username))).not.toContain(429)
    expect(await guess(browser(nowhere), username, password)).toBe(200)
    const warnings = events.filter(
      (event) => event.name === 'warning' && event.code === 'unknown_client_address',
    )
    expect(warnings).toHaveLength(1)
  })

  test('clients whose address is unknown close nothing for those whose address is known', async () => {
    const made = world()
    const { username, password } = await made.member()
    const nowhere = { peer: undefined }
    const statuses = await guesses(62, () => guess(made.browser(nowhere), username))
    // Sixty, and from then on one an hour that is not told.
    expect(statuses.filter((status) => status === 401)).toHaveLength(60)
    expect(await guess(made.browser(), username, password)).toBe(200)
    for (let n = 0; n < 22; n++) {
      made.clock.advance(61)
      await guess(made.browser({ peer: address(1) }), username)
    }
    expect(await guess(made.browser({ peer: address(2) }), username, password)).toBe(200)
    expect(await guess(made.browser(nowhere), username, password)).toBe(429)
    made.clock.advance(3600)
    expect(await guess(made.browser(nowhere), username, password)).toBe(200)
  })
})

describe('What a lockout says', () => {
  test.each([
    ['one network', 'account_network', 60, 5, () => address(1), () => 'ann'],
    ['all together', 'account', 2_592_000, 100, (n: number) => address(n), () => 'ann'],
    ['a network at many', 'network', 60, 10, () => address(1), (n: number) => `name-${n}`],
  ] as const)('of %s, once', async (_, dimension, lockSeconds, count, peer, name) => {
    const { browser, events } = world()
    await guesses(count + 2, (n) => guess(browser({ peer: peer(n) }), name(n)))
    const tripped = events.filter((event) => event.name === 'lockout.tripped')
    expect(tripped).toEqual([
      expect.objectContaining({ dimension, lockSeconds, userId: null, observed: false }),
    ])
  })

  test('in observe mode nobody is refused, with the same events', async () => {
    const { browser, events } = world({ lockout: { mode: 'observe' } })
    const statuses = [
      ...(await guesses(30, () => guess(browser(), 'ann'))),
      ...(await guesses(30, (n) => guess(browser(), `name-${n}`))),
    ]
    expect(new Set(statuses)).toEqual(new Set([401]))
    for (const dimension of ['account_network', 'network']) {
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'lockout.tripped', dimension, observed: true }),
      )
    }
  })
})

describe('When a lockout cannot count', () => {
  const broken = (operations: readonly string[], isBroken = () => true): Storage => {
    const storage = memoryStorage()
    return new Proxy(storage, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (operations.includes(String(name)) && isBroken()) throw new Error('connection lost')
          return Reflect.apply(value, target, args)
        }
      },
    })
  }

  test.each(['get', 'add'])('login fails closed: %s', async (operation) => {
    const { browser, member, events } = world({ storage: broken([operation]) })
    const { username, password } = await member()
    const response = await browser().post('/login', { username, password })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(events).toContainEqual(
      expect.objectContaining({
        name: 'storage.failed',
        operation: 'lockout',
        effect: 'refused',
      }),
    )
    expect(events.some(({ name }) => name.startsWith('login.'))).toBe(false)
  })

  test('a guess whose failure could not be written counts all the same', async () => {
    // A guess is reserved by one write, and its failure is another.
    let writes = 0
    const isSecond = () => writes++ % 2 === 0
    const { browser } = world({ storage: broken(['replace'], isSecond) })
    expect(await guesses(5, () => guess(browser(), 'ann'))).toEqual(five)
    expect(await guess(browser(), 'ann')).toBe(429)
  })

  test('a session that cannot be stored is a 503, and no cookie is set', async () => {
    const { browser, member } = world({ storage: broken(['set']) })
    const { username, password } = await member()
    const client = browser()
    expect((await client.post('/login', { username, password })).status).toBe(503)
    expect(client.jar.size).toBe(0)
  })

  test('an attempt whose password was never looked at is given back', async () => {
    const { browser, member } = world({
      passwords: { concurrency: 1, maxQueued: 1 },
      lockout: { accountsPerNetwork: 100 },
    })
    const { username, password } = await member()
    const names = Array.from({ length: 20 }, (_, n) => `name-${n}`)
    const busy = await Promise.all(names.map((name) => guess(browser(), name)))
    expect(busy).toContain(503)
    const unlucky = busy.lastIndexOf(503)
    expect(await guesses(6, () => guess(browser(), names[unlucky] ?? ''))).toEqual(once)
    expect(await guess(browser(), username, password)).toBe(200)
  })
})
