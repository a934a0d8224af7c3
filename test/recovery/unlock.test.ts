import { bearer, memoryStorage, type Storage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { recoveryWorld } from '../support/recovery.ts'

/** Somebody whose account strangers have locked, with a link. */
async function locked(config: Parameters<typeof recoveryWorld>[1] = {}) {
  const made = recoveryWorld({}, config)
  const member = await made.member()
  const stranger = made.browser({ peer: '198.51.100.66' })
  for (let index = 0; index < 101; index++) {
    made.clock.advance(16)
    const guesser = made.browser({ peer: `198.51.100.${100 + (index % 6)}` })
    await guesser.post('/login', { username: 'ann', password: `guess ${index}` })
  }
  const asking = made.browser({ peer: '198.51.100.1' })
  await made.ask(asking, 'unlock')
  return { ...made, member, stranger, asking, link: await made.token() }
}

const deviceOf = (client: { cookie(name: string): string | undefined }) =>
  client.cookie('__Host-known_device')

describe('A link to unlock', () => {
  test('opens what strangers closed, and makes the browser that opens it a known device', async () => {
    const { member, asking, link, browser, confirm, inbox, verified } = await locked()
    expect(inbox.messages[0]).toMatchObject({ kind: 'unlock', expiresIn: 3600 })
    const owner = browser({ peer: '192.0.2.20' })
    const before = await owner.post('/login', { username: 'ann', password: member.password })
    expect(before.status).toBe(429)
    const response = await confirm(owner, 'unlock', { token: link })
    expect(await response.json()).toEqual({ detail: 'Unlocked. Log in now.' })
    expect(owner.sessionId).toBeUndefined()
    expect(deviceOf(owner)).toBeDefined()
    expect(deviceOf(asking)).toBeUndefined()
    // It is no proof that anything was chosen by its owner.
    expect(verified()).toBe(false)
    const login = { username: 'ann', password: member.password }
    expect((await owner.post('/login', login)).status).toBe(200)
    // And what was counted against the account is forgotten, for every other browser, too.
    expect((await browser({ peer: '192.0.2.21' }).post('/login', login)).status).toBe(200)
  })

  test('gives back what strangers have used up of such messages', async () => {
    const made = recoveryWorld({ limits: { strangers: { times: 1, seconds: 600 } } })
    await made.member()
    const outcomes = () =>
      made.told('recovery.requested').map((event) => 'outcome' in event && event.outcome)
    await made.ask(made.browser(), 'unlock')
    await made.ask(made.browser(), 'unlock')
    const token = await made.token()
    expect((await made.confirm(made.browser(), 'unlock', { token })).status).toBe(200)
    await made.ask(made.browser(), 'unlock')
    expect(outcomes()).toEqual(['sent', 'limited', 'sent'])
  })

  test('lets its owner in while strangers go on', async () => {
    const { member, stranger, link, browser, confirm } = await locked()
    const owner = browser({ peer: '192.0.2.20' })
    await confirm(owner, 'unlock', { token: link })
    for (let index = 0; index < 12; index++) {
      await stranger.post('/login', { username: 'ann', password: `guess ${index}` })
    }
    const login = { username: 'ann', password: member.password }
    expect((await owner.post('/login', login)).status).toBe(200)
  })

  test('makes an application without cookies a known device, too', async () => {
    const { link, browser, member } = await locked({
      transports: [session(), bearer({ refresh: 'body' })],
    })
    const app = browser({ peer: '192.0.2.30' })
    const response = await app.post('/recovery/unlock-confirm?device_token=true', { token: link })
    const { device_token } = (await response.json()) as { device_token: string }
    expect(deviceOf(app)).toBeUndefined()
    const form = { username: 'ann', password: member.password, device_token }
    expect((await app.post('/token', undefined, { form })).status).toBe(200)
  })

  test('works once, and is good for nothing else', async () => {
    const { link, browser, confirm } = await locked()
    const reset = { token: link, new_password: 'another horse, another battery' }
    expect((await confirm(browser(), 'reset', reset)).status).toBe(400)
    expect((await confirm(browser(), 'unlock', { token: link })).status).toBe(200)
    const again = await confirm(browser(), 'unlock', { token: link })
    expect(await again.json()).toMatchObject({ code: 'recovery_token_used' })
  })

  test('works for one of fifty at once', async () => {
    const { link, browser, confirm } = await locked()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => confirm(browser(), 'unlock', { token: link })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(49)
  })

  test('ends in time where a storage remembers for longer', async () => {
    const storage = memoryStorage()
    const forgetful: Storage = new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (name === 'set') return (key: string, text: string) => target.set(key, text, 10_000_000)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const { link, browser, confirm, clock } = await locked({ storage: forgetful })
    clock.advance(3600)
    expect((await confirm(browser(), 'unlock', { token: link })).status).toBe(400)
  })

  test('is of one application, even where another one has the same row', async () => {
    const made = await locked()
    const other = recoveryWorld(
      {},
      {
        storage: made.storage,
        clock: made.clock.read,
        secret: 'another secret for tests, thirty-two bytes or more',
      },
    )
    const row = made.sqlite.prepare('select * from members').get() as Record<string, unknown>
    const names = Object.keys(row)
    other.sqlite
      .prepare(`insert into members (${names.join()}) values (${names.map(() => '?').join()})`)
      .run(...Object.values(row))
    const refused = await other.confirm(other.browser(), 'unlock', { token: made.link })
    expect(refused.status).toBe(400)
    expect((await made.confirm(made.browser(), 'unlock', { token: made.link })).status).toBe(200)
  })

  test('answers the same for everybody', async () => {
    const { browser } = recoveryWorld()
    for (const email of ['ann@example.com', 'nobody@example.com']) {
      const response = await browser().post('/recovery/unlock-request', { email })
      expect(await response.json()).toEqual({
        detail: 'If an account exists, a message has been sent.',
      })
    }
  })
})
