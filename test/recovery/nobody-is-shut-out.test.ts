/**
 * Nobody's way back can be taken away by what strangers do.
 */
import { memoryStorage, type Storage } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

const newPassword = 'another horse, another battery'

describe('Strangers who ask for messages to somebody', () => {
  test('get two live at once; a further one makes nothing and ends nothing', async () => {
    const made = recoveryWorld({ limits: { strangers: { times: 100, seconds: 3600 } } })
    await made.member()
    for (let index = 0; index < 20; index++) await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(2)
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'still_valid' })
    for (const message of made.inbox.messages.slice(0, 1)) {
      const body = { token: tokenOf(message), new_password: newPassword }
      expect((await made.confirm(made.browser(), 'reset', body)).status).toBe(200)
    }
  })

  test('leave a place for who is logged in, also where the browser is no known device', async () => {
    const made = recoveryWorld({ limits: { strangers: { times: 2, seconds: 3600 } } })
    const owner = await made.loggedIn(await made.member())
    owner.jar.delete('__Host-known_device')
    for (let index = 0; index < 4; index++) await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(2)
    await made.ask(owner, 'reset')
    expect(made.inbox.messages).toHaveLength(3)
  })

  test('use up no message with requests that send none', async () => {
    const made = recoveryWorld({ resetTtl: 1800 })
    await made.member()
    for (let index = 0; index < 3; index++) await made.ask(made.browser(), 'reset')
    made.clock.advance(1200)
    await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(2)
    // Both links have ended by now.
    made.clock.advance(601)
    await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(3)
  })

  test('at once get no more', async () => {
    const memory = memoryStorage()
    // Every operation takes a moment, so that the requests are under way together.
    const storage: Storage = new Proxy(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          await new Promise((resolve) => setImmediate(resolve))
          return Reflect.apply(value, target, args)
        }
      },
    })
    const limits = { strangers: { times: 100, seconds: 3600 } }
    const made = recoveryWorld({ limits }, { storage })
    await made.member()
    await Promise.all(
      Array.from({ length: 50 }, () =>
        made.browser().post('/recovery/reset-request', { email: 'ann@example.com' }),
      ),
    )
    await made.auth.settled()
    expect(made.inbox.messages).toHaveLength(2)
  })

  test('leave a place for a known device, and for a login', async () => {
    const made = recoveryWorld()
    const member = await made.member()
    const device = await made.loggedIn(member)
    await device.post('/logout')
    for (let index = 0; index < 5; index++) await made.ask(made.browser(), 'reset')
    const before = made.inbox.messages.length
    await made.ask(device, 'reset')
    expect(made.inbox.messages).toHaveLength(before + 1)
  })

  test('use up nothing of the budget of known devices', async () => {
    const made = recoveryWorld({ limits: { strangers: { times: 1, seconds: 3600 } } })
    const member = await made.member()
    const device = await made.loggedIn(member)
    for (let index = 0; index < 5; index++) await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(1)
    await made.ask(device, 'reset')
    expect(made.inbox.messages).toHaveLength(2)
  })

  test('who ask for one thing do not keep another from leaving', async () => {
    const made = recoveryWorld()
    await made.member()
    for (let index = 0; index < 5; index++) await made.ask(made.browser(), 'verify')
    await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages.at(-1)?.kind).toBe('reset_password')
  })

  test('all day, every second, from a thousand addresses: the owner is in with one message', async () => {
    const made = recoveryWorld()
    await made.member()
    const sent: number[] = []
    const count = (since: number) => made.inbox.messages.length - since
    // Each minute stands for sixty seconds: what is refused changes nothing.
    for (let minute = 0; minute < 24 * 60; minute++) {
      const before = made.inbox.messages.length
      const stranger = made.browser({ peer: `198.18.${minute % 250}.${minute % 199}` })
      await made.ask(stranger, 'reset')
      sent.push(count(before))
      made.clock.advance(60)
    }
    const total = sent.reduce((sum, one) => sum + one, 0)
    // Two at once, and then as often as one of them ends.
    expect(total).toBeLessThanOrEqual(2 * 24)
    expect(total).toBeGreaterThanOrEqual(24)
    // The owner, on a browser never seen, behind an address that asked as well.
    const owner = made.browser({ peer: '198.18.1.1' })
    await made.ask(owner, 'reset')
    const latest = made.inbox.messages.at(-1)
    const body = { token: tokenOf(latest as never), new_password: newPassword }
    expect((await made.confirm(owner, 'reset', body)).status).toBe(200)
  })

  test('behind one network cannot keep its first message of an hour from anybody', async () => {
    const made = recoveryWorld({ limits: { network: { times: 3, seconds: 3600 } } })
    for (const name of ['ann', 'bob', 'cat', 'dan', 'eve']) await made.member(name)
    const peer = '192.0.2.1'
    for (let index = 0; index < 50; index++) {
      await made.ask(made.browser({ peer }), 'reset', `nobody${index}@example.com`)
    }
    for (const name of ['ann', 'bob', 'cat', 'dan', 'eve']) {
      await made.ask(made.browser({ peer }), 'reset', `${name}@example.com`)
      await made.ask(made.browser({ peer }), 'reset', `${name}@example.com`)
    }
    expect(made.inbox.messages.map(({ recipient }) => recipient)).toEqual(
      ['ann', 'bob', 'cat', 'dan', 'eve'].map((name) => `${name}@example.com`),
    )
    made.clock.advance(1200)
    // A network of its own gets a second one.
    await made.ask(made.browser({ peer: '203.0.113.99' }), 'reset')
    expect(made.inbox.messages).toHaveLength(6)
  })

  test('behind one network cannot fill the storage', async () => {
    const memory = memoryStorage()
    let added = 0
    const storage: Storage = new Proxy(memory, {
      get(target, name) {
        if (name === 'add') added++
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const made = recoveryWorld({ limits: { network: { times: 3, seconds: 3600 } } }, { storage })
    for (let index = 0; index < 50; index++) {
      await made.ask(made.browser({ peer: '192.0.2.1' }), 'reset', `nobody${index}@example.com`)
    }
    expect(added).toBe(4)
  })

  test('whose address is unknown share the budget of twenty networks, but for known devices', async () => {
    const made = recoveryWorld({ limits: { network: { times: 1, seconds: 3600 } } })
    const nowhere = { peer: undefined }
    const ann = await made.member('ann')
    const own = await made.loggedIn(ann, nowhere)
    await own.post('/logout')
    const asked = async (browser = made.browser(nowhere)) => {
      const before = made.inbox.messages.length
      await made.ask(browser, 'reset')
      return made.inbox.messages.length - before
    }
    for (let index = 0; index < 20; index++) {
      await made.ask(made.browser(nowhere), 'reset', `nobody${index}@example.com`)
    }
    // Strangers are held to the first message of an hour.
    expect([await asked(), await asked(), await asked(own)]).toEqual([1, 0, 1])
  })
})

describe('A browser that asks again', () => {
  test('has one live link: the earlier one ends', async () => {
    const made = recoveryWorld()
    await made.member()
    const client = made.browser()
    await made.ask(client, 'reset')
    await made.ask(client, 'reset')
    const [first, second] = made.inbox.messages.map(tokenOf)
    const attempt = async (token?: string) =>
      (await made.confirm(client, 'reset', { token, new_password: newPassword })).status
    expect(await attempt(first)).toBe(400)
    expect(await attempt(second)).toBe(200)
  })

  test('is the same without cookies, where it names itself', async () => {
    const made = recoveryWorld()
    await made.member()
    const body = { email: 'ann@example.com', client: 'a'.repeat(22) }
    for (let index = 0; index < 2; index++) {
      await made.browser().post('/recovery/reset-request', body)
      await made.auth.settled()
    }
    const [first] = made.inbox.messages.map(tokenOf)
    const answer = await made.confirm(made.browser(), 'reset', {
      token: first,
      new_password: newPassword,
    })
    expect(answer.status).toBe(400)
  })

  test('is a stranger to no other browser: nobody ends a link of another one', async () => {
    const made = recoveryWorld()
    await made.member()
    const owner = made.browser()
    await made.ask(owner, 'reset')
    const link = await made.token()
    for (let index = 0; index < 10; index++) await made.ask(made.browser(), 'reset')
    const body = { token: link, new_password: newPassword }
    expect((await made.confirm(owner, 'reset', body)).status).toBe(200)
  })
})

describe('A message that could not be delivered', () => {
  test('takes no place and uses up nothing', async () => {
    let isDown = true
    const arrived: string[] = []
    const channel = {
      name: 'mail',
      deliver({ link }: { link: string | null }) {
        if (isDown) throw new Error('down')
        arrived.push(link ?? '')
      },
    }
    const made = recoveryWorld({ channels: [channel], retries: [] })
    await made.member()
    for (let index = 0; index < 10; index++) await made.ask(made.browser(), 'reset')
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'failed' })
    isDown = false
    await made.ask(made.browser(), 'reset')
    expect(arrived).toHaveLength(1)
  })

  test('gives back itself, and not what others have used up', async () => {
    const outcomes: string[] = []
    let isDown = false
    const channel = {
      name: 'mail',
      deliver() {
        if (isDown) throw new Error('down')
      },
    }
    const limits = { strangers: { times: 2, seconds: 3600 } }
    const made = recoveryWorld({ channels: [channel], retries: [], limits })
    const { id } = await made.member()
    for (const down of [false, true, false, false]) {
      isDown = down
      // So that no place is taken by the one before.
      await made.auth.users.endAll(id)
      await made.ask(made.browser(), 'reset')
      outcomes.push(
        String((made.told('recovery.requested').at(-1) as { outcome?: string }).outcome),
      )
    }
    expect(outcomes).toEqual(['sent', 'failed', 'sent', 'limited'])
  })

  test('is not sent without end by a channel that hands it over and then fails', async () => {
    let copies = 0
    let last = ''
    const channel = {
      name: 'mail',
      deliver({ link }: { link: string | null }) {
        copies++
        last = link ?? ''
        throw new Error('too late')
      },
    }
    const made = recoveryWorld({ channels: [channel], retries: [0] })
    await made.member()
    await made.ask(made.browser(), 'reset')
    // Nobody was to have it, so it opens nothing.
    const body = { token: tokenOf({ link: last }), new_password: newPassword }
    expect((await made.confirm(made.browser(), 'reset', body)).status).toBe(400)
    for (let index = 1; index < 60; index++) await made.ask(made.browser(), 'reset')
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'limited' })
    // Thirty that were given back, three that were counted, two copies of each.
    expect(copies).toBe(66)
    made.clock.advance(3600)
    await made.ask(made.browser(), 'reset')
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'failed' })
  })
})

describe('After a change of the account', () => {
  test('places of links that ended with it are free', async () => {
    const made = recoveryWorld({ limits: { strangers: { times: 100, seconds: 3600 } } })
    const { id } = await made.member()
    for (let index = 0; index < 3; index++) await made.ask(made.browser(), 'reset')
    await made.auth.users.endAll(id)
    await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(3)
  })
})
