import { bearer, memoryStorage, type Storage, session } from 'crudauth'
import { describe, expect, test, vi } from 'vitest'
import type { Browser } from './support/browser.ts'
import { Verifications } from './support/verifications.ts'
import { json, members, type WorldConfig, world } from './support/world.ts'

const wrong = 'not the password'

/** Logs in with a wrong password and returns the status. */
async function guess(browser: Browser, username: string, password = wrong): Promise<number> {
  return (await browser.post('/login', { username, password })).status
}

async function guesses(count: number, next: (n: number) => Promise<number>): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < count; n++) statuses.push(await next(n))
  return statuses
}

/** Addresses that never repeat a network. */
const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

describe('Lockout', () => {
  test('five wrong passwords are looked at, the sixth attempt is refused, right or wrong', async () => {
    const { browser, member } = world()
    const ann = await member()
    const client = browser()
    expect(await guesses(5, () => guess(client, ann.username))).toEqual([401, 401, 401, 401, 401])
    const response = await client.post('/login', { username: ann.username, password: ann.password })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await json(response)).toMatchObject({
      code: 'login_locked',
      detail: 'Too many login attempts. Try again later.',
    })
  })

  test('the window opens with its first attempt and closes after a minute', async () => {
    const { browser, clock } = world()
    const client = browser()
    await guesses(5, () => guess(client, 'ann'))
    clock.advance(60)
    expect(await guesses(6, () => guess(client, 'ann'))).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('locks escalate for those who come back at once, and stay at the maximum', async () => {
    const { browser, clock } = world()
    const client = browser()
    const locks: number[] = []
    for (let round = 0; round < 9; round++) {
      let response: Response
      do {
        response = await client.post('/login', { username: 'ann', password: wrong })
      } while (response.status === 401)
      locks.push(Number(response.headers.get('retry-after')))
      clock.advance(locks.at(-1) ?? 0)
    }
    expect(locks).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  })

  test('after each lock the whole budget is there again', async () => {
    const { browser, clock } = world()
    const client = browser()
    await guesses(6, () => guess(client, 'ann'))
    clock.advance(60)
    expect(await guesses(6, () => guess(client, 'ann'))).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('the budget is whole again even where the window is longer than the lock', async () => {
    const { browser, clock } = world({ lockout: { window: 600 } })
    const ofAccount = (n: number) => guess(browser({ peer: address(n) }), 'ann')
    const ofNetwork = (n: number) => guess(browser(), `name-${n}`)
    for (const next of [ofAccount, ofNetwork]) {
      expect(await guesses(6, next)).toEqual([401, 401, 401, 401, 401, 429])
      clock.advance(60)
      expect(await guesses(6, next)).toEqual([401, 401, 401, 401, 401, 429])
    }
  })

  test('nothing is counted while locked', async () => {
    const { browser, clock } = world()
    const client = browser()
    await guesses(6, () => guess(client, 'ann'))
    const during = await client.post('/login', { username: 'ann', password: wrong })
    expect(during.headers.get('retry-after')).toBe('60')
    clock.advance(59)
    const late = await client.post('/login', { username: 'ann', password: wrong })
    expect(late.headers.get('retry-after')).toBe('1')
    clock.advance(1)
    expect(await guess(client, 'ann')).toBe(401)
  })

  describe('under parallel attempts', () => {
    test('a hundred wrong passwords at once get no more than five verifications', async () => {
      const verifications = new Verifications()
      const { browser, member, events } = world({ passwords: { adopt: [verifications.format] } })
      const ann = await member()
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, n) => guess(browser({ peer: address(n) }), ann.username)),
      )
      expect(verifications.count).toBe(5)
      expect(statuses.filter((status) => status === 401)).toHaveLength(5)
      expect(statuses.filter((status) => status === 429)).toHaveLength(95)
      expect(events.filter(({ name }) => name === 'login.failed')).toHaveLength(5)
    })

    test('the lock that follows is the first, not the ninety-fifth', async () => {
      const { browser, clock } = world()
      await Promise.all(
        Array.from({ length: 100 }, (_, n) => guess(browser({ peer: address(n) }), 'ann')),
      )
      clock.advance(60)
      const again = await guesses(6, (n) => guess(browser({ peer: address(200 + n) }), 'ann'))
      expect(again).toEqual([401, 401, 401, 401, 401, 429])
      const response = await browser().post('/login', { username: 'ann', password: wrong })
      expect(response.headers.get('retry-after')).toBe('120')
    })

    test('a burst of refused attempts does not use up the long horizon', async () => {
      const { browser, clock } = world({ lockout: { maxConsecutiveFailures: 8 } })
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => guess(browser({ peer: address(n) }), 'ann')),
      )
      clock.advance(60)
      expect(await guess(browser(), 'ann')).toBe(401)
    })
  })

  describe('neither resets nor multiplies with', () => {
    const spent = async (names: readonly string[], config: WorldConfig = {}) => {
      const { browser, member } = world(config)
      await member('ann')
      return guesses(6, (n) => guess(browser({ peer: address(n) }), names[n % names.length] ?? ''))
    }
    const once = [401, 401, 401, 401, 401, 429]

    test.each([
      ['case', ['ann@example.com', 'ANN@example.com', 'Ann@Example.COM']],
      ['white space', ['ann@example.com', ' ann@example.com', 'ann@example.com\n']],
      ['identifier', ['ann', 'ann@example.com']],
      ['case of an unknown name', ['nobody', 'NOBODY', 'NoBody']],
      ['Unicode form of an unknown name', ['caf\u00e9', 'cafe\u0301', '\uff43af\u00e9']],
      ['parts of a domain that are not seen', ['ann@example.com', 'ann@ex\u00adample.com']],
      ['such parts of an unknown address', ['nobody@example.com', 'nobody@ex\u00adample.com']],
      ['the domain of an unknown address', ['x@m\u00fcnchen.de', 'X@xn--mnchen-3ya.de']],
      ['compatibility characters', ['\u2122x', 'TMx', 'tmx']],
      ['address', ['ann']],
    ])('%s', async (_, names) => {
      expect(await spent(names)).toEqual(once)
    })

    test('the way in: a route of the application shares the budget', async () => {
      const { app, auth, browser, member } = world()
      app.post('/own-login', async (c) => {
        const { username } = await c.req.json<{ username: string }>()
        await auth.authenticatePassword(c, username, wrong)
        return c.body(null)
      })
      const ann = await member()
      const statuses = await guesses(6, async (n) => {
        const client = browser({ peer: address(n) })
        if (n % 2) return guess(client, ann.username)
        return (await client.post('/own-login', { username: ann.username })).status
      })
      expect(statuses).toEqual(once)
    })
  })

  describe('dimensions', () => {
    test('an address that guesses at many names is locked, and the names are not', async () => {
      const { browser, member } = world()
      const ann = await member()
      const attacker = browser({ peer: '192.0.2.66' })
      expect(await guesses(6, (n) => guess(attacker, `name-${n}`))).toEqual([
        401, 401, 401, 401, 401, 429,
      ])
      expect(await guess(attacker, ann.username)).toBe(429)
      // The name that came sixth, and the victim's, are as open as ever to everybody else.
      const { username, password } = ann
      expect(await guess(browser(), 'name-5')).toBe(401)
      expect((await browser().post('/login', { username, password })).status).toBe(200)
    })

    test('a name that was guessed at is locked, and the address is not', async () => {
      const { browser, member } = world()
      const { username, password } = await member('bob')
      await guesses(6, (n) => guess(browser({ peer: address(n) }), 'ann'))
      const response = await browser({ peer: address(5) }).post('/login', { username, password })
      expect(response.status).toBe(200)
    })

    test('IPv6 addresses of one /64 are one', async () => {
      const { browser } = world()
      const statuses = await guesses(6, (n) =>
        guess(browser({ peer: `2001:db8:1:2::${n + 1}` }), `name-${n}`),
      )
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
      expect(await guess(browser({ peer: '2001:db8:1:3::1' }), 'name-9')).toBe(401)
    })

    test('an IPv4 address and its IPv6-mapped form are one', async () => {
      const { browser } = world()
      const forms = ['192.0.2.9', '::ffff:192.0.2.9', '::ffff:c000:209']
      const statuses = await guesses(6, (n) =>
        guess(browser({ peer: forms[n % 3] as string }), `name-${n}`),
      )
      expect(statuses.at(-1)).toBe(429)
    })

    test('a success on one’s own account forgives no address', async () => {
      const { browser, member } = world()
      const { username, password } = await member('mallory')
      const attacker = browser({ peer: '192.0.2.66' })
      await guesses(4, (n) => guess(attacker, `name-${n}`))
      // Without the cookie of a known device, so that the address is what counts.
      const login = () => browser({ peer: '192.0.2.66' }).post('/login', { username, password })
      expect((await login()).status).toBe(200)
      expect((await login()).status).toBe(200)
      expect(await guess(attacker, 'name-5')).toBe(401)
      expect(await guess(attacker, 'name-6')).toBe(429)
    })

    test('an office behind one address logs in as often as it likes', async () => {
      const { browser, member } = world()
      const { username, password } = await member()
      const statuses = await guesses(
        12,
        async () =>
          (await browser({ peer: '192.0.2.1' }).post('/login', { username, password })).status,
      )
      expect(new Set(statuses)).toEqual(new Set([200]))
    })

    test('an unknown address shares no bucket: the budget of each account holds', async () => {
      const { browser, events } = world()
      const nowhere = { peer: undefined }
      const spray = await guesses(12, (n) => guess(browser(nowhere), `name-${n}`))
      expect(new Set(spray)).toEqual(new Set([401]))
      const one = await guesses(6, () => guess(browser(nowhere), 'ann'))
      expect(one).toEqual([401, 401, 401, 401, 401, 429])
      const warnings = events.filter(
        (event) => event.name === 'warning' && event.code === 'unknown_client_address',
      )
      expect(warnings).toHaveLength(1)
    })

    test('behind a trusted proxy the client is counted, not the proxy', async () => {
      const { browser } = world({ trustedProxies: { networks: ['10.0.0.0/8'] } })
      const through = (client: string, name: string) =>
        browser({ peer: '10.0.0.1' })
          .post(
            '/login',
            { username: name, password: wrong },
            { headers: { 'x-forwarded-for': client } },
          )
          .then(({ status }) => status)
      expect(await guesses(6, (n) => through(`203.0.113.${n}`, `name-${n}`))).not.toContain(429)
      const one = await guesses(6, (n) => through(`9.9.9.${n}, 203.0.113.77`, `other-${n}`))
      expect(one.at(-1)).toBe(429)
    })
  })

  describe('attempts under way at once from one address', () => {
    const office = async (people: number) => {
      const made = world()
      const names = Array.from({ length: people }, (_, n) => `user${n}`)
      const staff = []
      for (const name of names) staff.push(await made.member(name))
      return { ...made, staff }
    }

    test('are not refused for long when all are right, and lock nothing', async () => {
      const { staff, browser, events, clock } = await office(12)
      const answers = await Promise.all(
        staff.map(({ username, password }) => browser().post('/login', { username, password })),
      )
      const waits = new Set(answers.map((answer) => answer.headers.get('retry-after')))
      expect([...waits].filter((wait) => wait !== null && wait !== '1')).toEqual([])
      expect(events.filter(({ name }) => name === 'lockout.tripped')).toEqual([])
      clock.advance(1)
      for (const { username, password } of staff) {
        expect(await guess(browser(), username, password)).toBe(200)
      }
    })

    test('get no more than the budget when all are wrong, which then locks it', async () => {
      const { browser, events } = world()
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, n) => guess(browser(), `nobody${n}`)),
      )
      expect(statuses.filter((status) => status === 401)).toHaveLength(5)
      const next = await browser().post('/login', { username: 'another', password: wrong })
      expect([next.status, next.headers.get('retry-after')]).toEqual([429, '60'])
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'lockout.tripped', dimension: 'address', lockSeconds: 60 }),
      )
    })
  })

  test('a burst from one address locks none of the accounts that it names', async () => {
    const { browser, member, events } = world()
    const mallory = await member('mallory')
    const { username, password } = await member()
    const at = { peer: address(1) }
    const names = [username, ...Array.from({ length: 19 }, (_, n) => `name-${n}`)]
    const burst = () =>
      Promise.all(names.flatMap((name) => names.map(() => guess(browser(at), name))))
    // With right passwords under way the address is not locked, and refuses all the same.
    const own = Array.from({ length: 5 }, () => guess(browser(at), 'mallory', mallory.password))
    expect(new Set(await burst())).toEqual(new Set([429]))
    expect(await Promise.all(own)).toEqual(Array(5).fill(200))
    // With wrong ones it is.
    await guesses(5, (n) => guess(browser(at), `before-${n}`))
    expect(new Set(await burst())).toEqual(new Set([429]))
    const tripped = events.flatMap((event) =>
      event.name === 'lockout.tripped' ? [event.dimension] : [],
    )
    expect(tripped).toEqual(['address'])
    expect(await guess(browser(), username, password)).toBe(200)
  })

  test('an attempt that one dimension refuses does not count in the others', async () => {
    const { browser, member, clock } = world()
    const ann = await member()
    const crowded = browser({ peer: address(1) })
    await guesses(5, (n) => guess(crowded, `nobody${n}`))
    // The address is locked by the first of these, and the others do not even begin.
    await guesses(20, () => guess(crowded, ann.username))
    const elsewhere = browser({ peer: address(2) })
    expect(await guesses(5, () => guess(elsewhere, ann.username))).toEqual(Array(5).fill(401))
    clock.advance(60)
    // One account is locked; guessing at it from everywhere costs the addresses nothing.
    await guesses(6, () => guess(browser({ peer: address(3) }), 'bob'))
    await guesses(6, (n) => guess(browser({ peer: address(10 + n) }), 'bob'))
    for (let n = 0; n < 6; n++) {
      const there = browser({ peer: address(10 + n) })
      expect(await guesses(5, (m) => guess(there, `else${n}-${m}`))).toEqual(Array(5).fill(401))
    }
  })

  test('no identifier is normalised at any length: putting its marks in order could take long', async () => {
    const { browser } = world({ transports: [session(), bearer()] })
    const normalised: number[] = []
    const normalize = String.prototype.normalize
    vi.spyOn(String.prototype, 'normalize').mockImplementation(function (this: string, form) {
      normalised.push(this.length)
      return normalize.call(this, form)
    })
    const slow = `a${'\u0301\u0316'.repeat(15_000)}`
    const answer = await browser().post('/login', { username: slow, password: wrong })
    expect(answer.status).toBe(401)
    const longest = await browser().post('/login', { username: 'a'.repeat(1025), password: wrong })
    expect(longest.status).toBe(401)
    for (const fields of [{ username: slow }, { email: `${slow}@example.com` }]) {
      const body = { email: 'z@example.com', username: 'zoe', password: 'correct horse', ...fields }
      for (const peer of ['192.0.2.1', undefined]) {
        expect((await browser({ peer }).post('/register', body)).status).toBe(422)
      }
    }
    expect((await browser().post('/token', { username: slow, password: wrong })).status).toBe(401)
    vi.restoreAllMocks()
    expect(normalised.length).toBeGreaterThan(0)
    expect(Math.max(...normalised)).toBeLessThanOrEqual(1024)
  })

  describe('a browser that has logged in before', () => {
    const lockedOut = async (made: ReturnType<typeof world>, username: string) => {
      await guesses(6, (n) => guess(made.browser({ peer: address(100 + n) }), username))
    }

    test('is a stranger once all credentials of the account have ended', async () => {
      const made = world()
      const ann = await made.member()
      const own = await made.loggedIn(ann)
      await made.db.update(members).set({ tokenVersion: 5 })
      await lockedOut(made, ann.username)
      expect(await guess(own, ann.username, ann.password)).toBe(429)
    })

    test.each([
      [
        '/change-password',
        { current_password: 'correct horse battery', new_password: 'another horse battery' },
      ],
      ['/logout-all?keep_current=true', undefined],
    ])('stays known after %s of its own, and it alone', async (path, body) => {
      const made = world({ transports: [session({ managementRoutes: true })] })
      const ann = await made.member()
      const [own, other] = [await made.loggedIn(ann), await made.loggedIn(ann)]
      expect((await own.post(path, body)).status).toBe(200)
      await lockedOut(made, ann.username)
      const password = body?.new_password ?? ann.password
      expect(await guess(other, ann.username, password)).toBe(429)
      expect(await guess(own, ann.username, password)).toBe(200)
    })

    test('that was never known does not become so by the session that it has', async () => {
      const made = world({ transports: [session({ managementRoutes: true })] })
      const stolen = await made.loggedIn(await made.member())
      stolen.jar.delete('__Host-known_device')
      const answer = await stolen.post('/logout-all?keep_current=true')
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
    })

    test('is unlocked with its account', async () => {
      const { auth, member, loggedIn } = world()
      const ann = await member()
      const own = await loggedIn(ann)
      await guesses(6, () => guess(own, ann.username))
      expect(await guess(own, ann.username, ann.password)).toBe(429)
      await auth.unlock(ann.id)
      expect(await guess(own, ann.username, ann.password)).toBe(200)
    })

    test('is not guessed with by a page of another site, for tokens in a body either', async () => {
      const made = world({ transports: [session(), bearer({ refresh: 'body' })] })
      const ann = await made.member()
      const own = await made.loggedIn(ann)
      const headers = { 'sec-fetch-site': 'cross-site' }
      const { username, password } = ann
      const answer = await own.post('/token', { username, password }, { headers })
      expect(answer.status).toBe(403)
      const elsewhere = made.browser()
      expect((await elsewhere.post('/token', { username, password }, { headers })).status).toBe(200)
    })

    test('is not locked out by a stranger’s guesses', async () => {
      const { browser, loggedIn, member, clock } = world()
      const ann = await member()
      const own = await loggedIn(ann)
      for (let round = 0; round < 3; round++) {
        await guesses(20, (n) => guess(browser({ peer: address(round * 20 + n) }), ann.username))
        clock.advance(30)
      }
      const { username, password } = ann
      expect((await browser().post('/login', { username, password })).status).toBe(429)
      expect((await own.post('/login', { username, password })).status).toBe(200)
    })

    test('has a budget of its own, no larger than a stranger’s', async () => {
      const { browser, loggedIn, member } = world()
      const ann = await member()
      const own = await loggedIn(ann)
      expect(await guesses(6, () => guess(own, ann.username))).toEqual([
        401, 401, 401, 401, 401, 429,
      ])
      expect(await guess(browser(), ann.username)).toBe(401)
    })

    test('is known for its own account only', async () => {
      const { browser, loggedIn, member } = world()
      const ann = await member()
      const mallory = await loggedIn(await member('mallory'))
      await guesses(6, (n) => guess(browser({ peer: address(n) }), ann.username))
      expect(await guess(mallory, ann.username)).toBe(429)
    })

    test('stays known when others log in on it', async () => {
      const { browser, loggedIn, member } = world()
      const ann = await member()
      const bob = await member('bob')
      const shared = await loggedIn(ann)
      await shared.post('/login', { username: bob.username, password: bob.password })
      await guesses(6, (n) => guess(browser({ peer: address(n) }), ann.username))
      const { username, password } = ann
      expect((await shared.post('/login', { username, password })).status).toBe(200)
    })

    test.each([
      [
        'a changed signature',
        (cookie: string) => `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`,
      ],
      [
        'a changed name',
        (cookie: string) => `${cookie.startsWith('A') ? 'B' : 'A'}${cookie.slice(1)}`,
      ],
      ['nothing', () => ''],
      ['noise', () => '~~..~'.repeat(50)],
    ])('is not known by %s', async (_, forge) => {
      const { browser, loggedIn, member } = world()
      const ann = await member()
      const own = await loggedIn(ann)
      const device = forge(own.cookie('__Host-known_device') ?? '')
      await guesses(6, (n) => guess(browser({ peer: address(n) }), ann.username))
      const { username, password } = ann
      const headers = { cookie: `__Host-known_device=${device}` }
      const response = await browser().post('/login', { username, password }, { headers })
      expect(response.status).toBe(429)
    })

    test('is forgotten after four hundred days', async () => {
      const { browser, loggedIn, member, clock } = world()
      const ann = await member()
      const own = await loggedIn(ann)
      clock.advance(401 * 86400)
      await guesses(6, (n) => guess(browser({ peer: address(n) }), ann.username))
      expect(await guess(own, ann.username)).toBe(429)
    })

    test('does not reveal whose it is', async () => {
      const { loggedIn, member } = world()
      const ann = await member()
      const device = (await loggedIn(ann)).cookie('__Host-known_device') ?? ''
      expect(device).toMatch(/^[\w-]{22}\.[0-9a-z]+\.[\w-]{43}$/)
    })
  })

  test('a hundred consecutive failures close the account to strangers for the horizon', async () => {
    const { browser, loggedIn, member, clock, auth } = world()
    const ann = await member()
    const own = await loggedIn(ann)
    let looked = 0
    for (let n = 0; n < 400; n++) {
      const status = await guess(browser({ peer: address(n) }), ann.username)
      if (status === 401) looked++
      else clock.advance(3600)
    }
    expect(looked).toBe(100)
    const { username, password } = ann
    const login = (client: Browser) => client.post('/login', { username, password })
    clock.advance(3600)
    expect((await login(browser())).status).toBe(429)
    expect((await login(own)).status).toBe(200)
    await auth.unlock(ann.id)
    expect((await login(browser())).status).toBe(200)
  })

  test('attempts that were refused for their network are no failures of the account', async () => {
    const { browser, member } = world({ lockout: { maxConsecutiveFailures: 3 } })
    const { username, password } = await member()
    for (let n = 0; n < 5; n++) {
      const attacker = browser({ peer: address(n) })
      await guesses(5, (name) => guess(attacker, `name-${n}-${name}`))
      expect(await guess(attacker, username)).toBe(429)
    }
    expect((await browser().post('/login', { username, password })).status).toBe(200)
  })

  test('no number of failures closes a network: many people may be behind it', async () => {
    const { browser, clock } = world({ lockout: { maxConsecutiveFailures: 6 } })
    for (let n = 0; n < 12; n++) {
      expect(await guess(browser(), `name-${n}`)).toBe(401)
      clock.advance(30)
    }
  })

  test('a success ends the row of consecutive failures', async () => {
    const { browser, member, clock } = world({ lockout: { maxConsecutiveFailures: 6 } })
    const { username, password } = await member()
    for (let round = 0; round < 4; round++) {
      await guesses(4, (n) => guess(browser({ peer: address(round * 4 + n) }), username))
      expect((await browser().post('/login', { username, password })).status).toBe(200)
      clock.advance(61)
    }
  })

  test('known and unknown names are locked alike', async () => {
    const trace = async (name: string) => {
      const { browser, member, clock } = world()
      await member('ann')
      const answers: unknown[] = []
      for (let n = 0; n < 8; n++) {
        const response = await browser({ peer: address(n) }).post('/login', {
          username: name,
          password: wrong,
        })
        answers.push([response.status, response.headers.get('retry-after'), await response.json()])
        if (n === 6) clock.advance(60)
      }
      return answers
    }
    expect(await trace('ann')).toEqual(await trace('nobody'))
  })

  describe('when the storage does not answer', () => {
    const broken = (operations: readonly string[]): Storage => {
      const storage = memoryStorage()
      return new Proxy(storage, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver)
          if (typeof value !== 'function') return value
          if (!operations.includes(String(name))) return value.bind(target)
          return async () => {
            throw new Error('connection lost')
          }
        },
      })
    }

    test.each(['count', 'increment'])('login fails closed: %s', async (operation) => {
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

    test('a session that cannot be stored is a 503, and no cookie is set', async () => {
      const { browser, member } = world({ storage: broken(['set']) })
      const { username, password } = await member()
      const client = browser()
      expect((await client.post('/login', { username, password })).status).toBe(503)
      expect(client.jar.size).toBe(0)
    })
  })

  test('in observe mode nobody is refused, with the same events', async () => {
    const { browser, events } = world({ lockout: { mode: 'observe' } })
    const client = browser()
    expect(new Set(await guesses(10, () => guess(client, 'ann')))).toEqual(new Set([401]))
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'lockout.tripped', dimension: 'account', observed: true }),
    )
  })

  test('an attempt whose password was never looked at is given back', async () => {
    const { browser, member } = world({
      passwords: { concurrency: 1, maxQueued: 1 },
      lockout: { maxAttemptsPerAddress: 100 },
    })
    const { username, password } = await member()
    const names = Array.from({ length: 20 }, (_, n) => `name-${n}`)
    const busy = await Promise.all(names.map((name) => guess(browser(), name)))
    expect(busy).toContain(503)
    const unlucky = busy.lastIndexOf(503)
    const again = await guesses(6, () => guess(browser(), names[unlucky] ?? ''))
    expect(again).toEqual([401, 401, 401, 401, 401, 429])
    expect((await browser().post('/login', { username, password })).status).toBe(200)
  })
})
