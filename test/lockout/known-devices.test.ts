import { bearer, memoryStorage, type Storage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { DeviceSeals } from '../../src/credentials/device-cookie.ts'
import type { Browser } from '../support/browser.ts'
import { json, world } from '../support/world.ts'
import { address, five, guess, guesses, once, wrong } from './guesses.ts'

type World = ReturnType<typeof world>

const cookieName = '__Host-known_device'

/** Strangers spend all that they have, from five networks. */
async function shutOut(made: World, username: string): Promise<void> {
  for (let n = 0; n < 101; n++) {
    made.clock.advance(16)
    await guess(made.browser({ peer: address(1000 + (n % 6)) }), username)
  }
}

async function everywhere(made: World) {
  const ann = await made.member()
  const own = await made.loggedIn(ann)
  const right = (browser: Browser) => guess(browser, ann.username, ann.password)
  return { ann, own, right }
}

describe('A browser that has logged in before', () => {
  test('is not shut out by strangers', async () => {
    const made = world()
    const { ann, own, right } = await everywhere(made)
    await shutOut(made, ann.username)
    expect(await right(made.browser())).toBe(429)
    expect(await right(own)).toBe(200)
  })

  test('has five guesses a minute of its own, which cost strangers nothing', async () => {
    const made = world({ lockout: { maxFailures: 250 } })
    const { ann, own, right } = await everywhere(made)
    expect(await guesses(5, () => guess(own, ann.username))).toEqual(five)
    expect(await guesses(6, () => guess(made.browser(), ann.username))).toEqual(once)
    expect(await right(made.browser({ peer: address(1) }))).toBe(200)
  })

  test('is a stranger once its own are spent: who holds a copy shuts nobody out', async () => {
    const made = world()
    const { ann, own, right } = await everywhere(made)
    const copy = made.browser({ peer: address(66) })
    for (const [name, cookie] of own.jar) if (name === cookieName) copy.jar.set(name, cookie)
    expect(await guesses(12, () => guess(copy, ann.username))).toEqual([...five, ...five, 429, 429])
    expect(await right(own)).toBe(200)
  })

  test('stays known through a change of the password and a logout everywhere', async () => {
    const made = world({ transports: [session({ managementRoutes: true })] })
    const { ann, own } = await everywhere(made)
    const other = await made.loggedIn(ann)
    const next = 'another horse battery'
    const body = { current_password: ann.password, new_password: next }
    expect((await own.post('/change-password', body)).status).toBe(200)
    expect((await own.post('/logout-all')).status).toBe(200)
    await shutOut(made, ann.username)
    expect(await guess(other, ann.username, next)).toBe(200)
    expect(await guess(own, ann.username, next)).toBe(200)
  })

  test.each([
    [
      'a change of the password',
      '/change-password',
      {
        current_password: 'correct horse battery',
        new_password: 'another horse battery',
        forget_devices: true,
      },
    ],
    ['a logout everywhere', '/logout-all?keep_current=true&forget_devices=true', undefined],
  ])('is forgotten by %s where that is asked, but for the one that asks', async (_, path, body) => {
    const made = world({ transports: [session({ managementRoutes: true })] })
    const { ann, own } = await everywhere(made)
    const other = await made.loggedIn(ann)
    expect((await own.post(path, body)).status).toBe(200)
    await shutOut(made, ann.username)
    const password = body?.new_password ?? ann.password
    expect(await guess(other, ann.username, password)).toBe(429)
    expect(await guess(own, ann.username, password)).toBe(200)
  })

  test.each([
    ['the application’s word', (made: World, id: number) => made.auth.knownDevices.forget(id)],
    [
      'disabling the user',
      async (made: World, id: number) => {
        await made.auth.users.disable(id)
        await made.auth.users.enable(id)
      },
    ],
  ])('is forgotten by %s', async (_, forget) => {
    const made = world()
    const { ann, own, right } = await everywhere(made)
    await forget(made, ann.id)
    await shutOut(made, ann.username)
    expect(await right(own)).toBe(429)
  })

  test('is unlocked with its account', async () => {
    const made = world({ lockout: { maxPerNetwork: 5 } })
    const { ann, own, right } = await everywhere(made)
    await guesses(12, () => guess(own, ann.username))
    expect(await right(own)).toBe(429)
    await made.auth.unlock(ann.id)
    expect(await right(own)).toBe(200)
  })

  test('is known for its own account only', async () => {
    const made = world()
    const { ann } = await everywhere(made)
    const mallory = await made.loggedIn(await made.member('mallory'))
    await shutOut(made, ann.username)
    expect(await guess(mallory, ann.username, ann.password)).toBe(429)
  })

  test('stays known when others log in on it', async () => {
    const made = world()
    const { ann, own, right } = await everywhere(made)
    const bob = await made.member('bob')
    expect(await guess(own, bob.username, bob.password)).toBe(200)
    await shutOut(made, ann.username)
    expect(await right(own)).toBe(200)
  })

  test.each([
    ['another name', () => 'A'.repeat(22)],
    ['nothing', () => ''],
    ['noise', () => '~~..~'.repeat(50)],
    ['its own among many', (cookie: string) => `${'A'.repeat(22)}~`.repeat(5) + cookie],
  ])('is not known by %s', async (_, forge) => {
    const made = world()
    const { ann, own } = await everywhere(made)
    const device = forge(own.cookie(cookieName) ?? '')
    await shutOut(made, ann.username)
    const headers = { cookie: `${cookieName}=${device}` }
    const { username, password } = ann
    const response = await made.browser().post('/login', { username, password }, { headers })
    expect(response.status).toBe(429)
  })

  test('is known by another name from then on, where it is forgotten while it logs in', async () => {
    let forget = async (): Promise<unknown> => undefined
    const made = world({}, { afterLogin: async () => void (await forget()) })
    const { ann, own, right } = await everywhere(made)
    const copy = made.browser()
    for (const [name, cookie] of own.jar) if (name === cookieName) copy.jar.set(name, cookie)
    forget = () => made.auth.knownDevices.forget(ann.id)
    expect(await right(own)).toBe(200)
    forget = async () => undefined
    await shutOut(made, ann.username)
    expect(await right(copy)).toBe(429)
    expect(await right(own)).toBe(200)
  })

  test('is forgotten after four hundred days without a login', async () => {
    const made = world()
    const { ann, own, right } = await everywhere(made)
    made.clock.advance(401 * 86_400)
    await shutOut(made, ann.username)
    expect(await right(own)).toBe(429)
  })

  test('does not become known by a session that it has', async () => {
    const made = world({ transports: [session({ managementRoutes: true })] })
    const { own } = await everywhere(made)
    own.jar.delete(cookieName)
    const answer = await own.post('/logout-all?keep_current=true')
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
  })

  test('is not guessed with by a page of another site, for tokens in a body either', async () => {
    const made = world({ transports: [session(), bearer({ refresh: 'body' })] })
    const { ann, own } = await everywhere(made)
    const headers = { 'sec-fetch-site': 'cross-site' }
    const { username, password } = ann
    const answer = await own.post('/token', { username, password }, { headers })
    expect(answer.status).toBe(403)
    const elsewhere = made.browser()
    expect((await elsewhere.post('/token', { username, password }, { headers })).status).toBe(200)
  })

  test('has a name that says nothing, and that the storage does not have', async () => {
    const made = world()
    const { own } = await everywhere(made)
    const name = own.cookie(cookieName) ?? ''
    // A random name, and whose it is: sealed, and another text for each name.
    expect(name).toMatch(/^[\w-]{22}\.[\w-]{22}$/)
    const again = made.browser()
    await guess(again, 'ann', 'correct horse battery')
    const [, seal] = (again.cookie(cookieName) ?? '').split('.')
    expect(name.endsWith(seal ?? '')).toBe(false)
  })
})

describe('A client without cookies', () => {
  const body = { transports: [session(), bearer({ refresh: 'body' })] } as const

  test('is known by the token beside its tokens', async () => {
    const made = world(body)
    const ann = await made.member()
    const { username, password } = ann
    const first = await json(await made.browser().post('/token', { username, password }))
    await shutOut(made, username)
    const login = (device_token: unknown) =>
      made.browser().post('/token', { username, password, device_token })
    expect((await login(first['device_token'])).status).toBe(200)
    expect((await login('A'.repeat(22))).status).toBe(429)
    expect((await login(undefined)).status).toBe(429)
    for (const odd of [1, null, {}, ['a']]) expect((await login(odd)).status).toBe(422)
    const form = { username, password, device_token: String(first['device_token']) }
    const asForm = await made.browser().post('/token', undefined, { form })
    expect(asForm.status).toBe(200)
  })

  test('keeps its token from login to login', async () => {
    const made = world(body)
    const { username, password } = await made.member()
    const login = async (token?: unknown) => {
      const sent = { username, password, ...(token ? { device_token: token } : {}) }
      return (await json(await made.browser().post('/token', sent)))['device_token']
    }
    const token = await login()
    expect(token).toMatch(/^[\w-]{22}$/)
    expect(await login(token)).toBe(token)
    expect(await login()).not.toBe(token)
  })

  test('gets one with what the application makes', async () => {
    const made = world(body)
    made.app.post('/own', async (c) => {
      const user = await made.auth.authenticatePassword(c, 'ann', 'correct horse battery')
      const { deviceToken } = await made.auth.sessions.create(c, user)
      return c.json({ deviceToken, tokens: await made.auth.tokens.issue(null, user) })
    })
    const ann = await made.member()
    const given = (await (await made.browser().post('/own')).json()) as {
      deviceToken: string
      tokens: { device_token: string }
    }
    await shutOut(made, ann.username)
    const { username, password } = ann
    for (const device_token of [given.deviceToken, given.tokens.device_token]) {
      const login = await made.browser().post('/token', { username, password, device_token })
      expect(login.status).toBe(200)
    }
  })

  test('that registers is known by its token', async () => {
    const made = world(body)
    const person = { email: 'zoe@example.com', username: 'zoe', password: 'a correct horse' }
    await shutOut(made, 'zoe')
    const registered = await made.browser().post('/register?device_token=true', person)
    const { device_token } = await json(registered)
    const { username, password } = person
    const login = (sent: object) => made.browser().post('/token', { username, password, ...sent })
    expect((await login({})).status).toBe(429)
    expect((await login({ device_token })).status).toBe(200)
  })
})

describe('Ten devices of one account', () => {
  test('a script without cookies pushes out no browser that is logged in', async () => {
    const made = world({ transports: [session({ maxPerUser: 100 })] })
    const { ann, own, right } = await everywhere(made)
    for (let n = 0; n < 60; n++) {
      made.clock.advance(60)
      expect(await right(made.browser({ peer: address(5) }))).toBe(200)
    }
    await shutOut(made, ann.username)
    expect(await right(own)).toBe(200)
  })

  test('those that never came back go before those that did, and never the one in use', async () => {
    const made = world()
    const { ann, own, right } = await everywhere(made)
    const logout = (browser: Browser) => browser.post('/logout')
    const returning = await made.loggedIn(ann)
    expect(await right(returning)).toBe(200)
    await logout(returning)
    const others: Browser[] = []
    for (let n = 0; n < 10; n++) {
      made.clock.advance(60)
      const another = made.browser({ peer: address(5) })
      await right(another)
      await logout(another)
      others.push(another)
    }
    await shutOut(made, ann.username)
    expect(await right(returning)).toBe(200)
    expect(await right(own)).toBe(200)
    const known = await guesses(10, (n) => right(others[n] as Browser))
    expect(known.filter((status) => status === 200)).toHaveLength(7)
  })
})

test('A browser whose session got another identifier is in use as before', async () => {
  const made = world({ transports: [session({ maxPerUser: 100 })] })
  const { ann, own, right } = await everywhere(made)
  expect(await right(own)).toBe(200)
  const change = { current_password: ann.password, new_password: 'another horse battery' }
  expect((await own.post('/change-password', change)).status).toBe(200)
  const next = (browser: Browser) => guess(browser, ann.username, change.new_password)
  // Twelve others, each of which came back: whoever is not in use has to go.
  for (let n = 0; n < 12; n++) {
    made.clock.advance(60)
    const another = made.browser({ peer: address(n) })
    expect(await guesses(2, () => next(another))).toEqual([200, 200])
  }
  await shutOut(made, ann.username)
  expect(await next(own)).toBe(200)
})

test('Two logins at once push out no browser that is logged in', async () => {
  let isArmed = false
  const waiting: (() => void)[] = []
  const memory = memoryStorage()
  const storage: Storage = new Proxy(memory, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        const answer: unknown = await Reflect.apply(value, target, args)
        if (!isArmed || name !== 'get' || !String(args[0]).includes(':known-devices:'))
          return answer
        // Both read the list before either writes it.
        await new Promise<void>((resolve) => waiting.push(resolve))
        return answer
      }
    },
  })
  const made = world({ storage, transports: [session({ maxPerUser: 100 })] })
  const { ann, own, right } = await everywhere(made)
  expect(await right(own)).toBe(200)
  // With the one that registered they are nine.
  for (let n = 0; n < 7; n++) {
    const another = await made.loggedIn(ann, { peer: address(n) })
    expect(await right(another)).toBe(200)
  }
  isArmed = true
  const both = [20, 21].map((n) => right(made.browser({ peer: address(n) })))
  await expect.poll(() => waiting.length).toBe(2)
  isArmed = false
  for (const resume of waiting) resume()
  expect(await Promise.all(both)).toEqual([200, 200])
  await shutOut(made, ann.username)
  expect(await right(own)).toBe(200)
})

describe('A live login', () => {
  const change = (browser: Browser, password = wrong()) =>
    browser.post('/change-password', {
      current_password: password,
      new_password: 'another horse battery',
    })

  test('proves the password while strangers guess', async () => {
    const made = world()
    const { ann, own } = await everywhere(made)
    own.jar.delete(cookieName)
    await shutOut(made, ann.username)
    expect((await change(own, ann.password)).status).toBe(200)
  })

  test('has five wrong ones a minute, and other logins are untouched by them', async () => {
    const made = world({ rateLimits: { change_password: { times: 0, seconds: 1 } } })
    const { ann, own, right } = await everywhere(made)
    const other = await made.loggedIn(ann)
    const statuses = await guesses(6, async () => (await change(own)).status)
    expect(statuses).toEqual(once)
    expect((await change(own, ann.password)).status).toBe(429)
    expect(await right(made.browser())).toBe(200)
    expect((await change(other, ann.password)).status).toBe(200)
  })

  test('has a hundred wrong ones in its life, right ones in between or not', async () => {
    const made = world({
      transports: [session({ idleTimeout: 86_400, absoluteTimeout: 30 * 86_400 })],
      rateLimits: { change_password: { times: 0, seconds: 1 } },
    })
    const { own } = await everywhere(made)
    let looked = 0
    for (let n = 0; n < 130; n++) {
      made.clock.advance(3600)
      if ((await change(own)).status === 401) looked++
    }
    expect(looked).toBe(100)
  })

  test('that is stolen does not lock sudo for the others', async () => {
    const { sudo } = await import('crudauth')
    const made = world({ features: [sudo({ route: true })] })
    const { ann, own } = await everywhere(made)
    const stolen = await made.loggedIn(ann)
    const elevate = (browser: Browser, password: string) => browser.post('/sudo', { password })
    const statuses = await guesses(4, async () => (await elevate(stolen, wrong())).status)
    expect(statuses).toEqual([401, 401, 429, 429])
    expect((await elevate(own, ann.password)).status).toBe(200)
    await made.auth.unlock(ann.id)
    expect((await elevate(stolen, ann.password)).status).toBe(200)
  })
})

test('A seal opens under every secret that is listed, and under no other', () => {
  const [before = '', after = ''] = ['before', 'after'].map((one) => `${one} a secret of 32 bytes`)
  const owner = new Uint8Array(16).fill(7)
  const name = 'n'.repeat(22)
  const seal = new DeviceSeals([before]).seal(owner, name)
  const opened = (...secrets: string[]) =>
    new DeviceSeals(secrets).candidates({ name, seal }).map((one) => Buffer.from(one).toString())
  const own = Buffer.from(owner).toString()
  expect(opened(after, before)).toContain(own)
  expect(opened(after)).not.toContain(own)
})
