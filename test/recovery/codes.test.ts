import type { CodeOptions, Message } from 'crudauth'
import { describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

const newPassword = 'another horse, another battery'
const many = { strangers: { times: 1000, seconds: 3600 }, known: { times: 1000, seconds: 3600 } }

function coded(
  { codes = {}, ...options }: Parameters<typeof recoveryWorld>[0] = {},
  ...rest: Parameters<typeof recoveryWorld> extends [unknown?, ...infer Rest] ? Rest : never
) {
  const made = recoveryWorld({ codes, ...options }, ...rest)
  type Kind = 'verify' | 'reset' | 'unlock' | 'sign-in'
  return {
    ...made,
    /** What the answer gives to who asks. */
    async receipt(client: Browser, kind: Kind = 'reset', email?: string) {
      const response = await made.ask(client, kind, email)
      return ((await response.json()) as { receipt: string }).receipt
    },
    /** The code of the latest message. */
    code: () => codeOf(made.inbox.messages.at(-1)),
    reset: (client: Browser, receipt: string, code: string) =>
      made.confirm(client, 'reset', { receipt, code, new_password: newPassword }),
  }
}

function codeOf(message: Message | undefined): string {
  if (message?.code == null) throw new Error('no code')
  return message.code
}

/** Another one of the same length. */
function wrong(code: string, index = 1): string {
  const next = (Number(code) + index) % 10 ** code.length
  return String(next).padStart(code.length, '0')
}

describe('A code beside the link', () => {
  test('resets the password with the receipt of who asked, once', async () => {
    const { member, browser, receipt, code, reset, inbox } = coded()
    await member()
    const client = browser()
    const mine = await receipt(client)
    expect(inbox.messages.at(-1)).toMatchObject({
      code: expect.stringMatching(/^\d{6}$/),
      codeExpiresIn: 600,
      link: expect.stringContaining('/reset-password#token='),
      expiresIn: 3600,
    })
    const right = code()
    const spaced = ` ${right.slice(0, 3)} ${right.slice(3)} `
    expect((await reset(client, mine, spaced)).status).toBe(200)
    const login = { username: 'ann', password: newPassword }
    expect((await browser().post('/login', login)).status).toBe(200)
    expect((await reset(client, mine, right)).status).toBe(400)
  })

  test('is good with no other receipt, for no other purpose, and not without any', async () => {
    const made = coded()
    await made.member()
    const owner = made.browser()
    const mine = await made.receipt(owner)
    const code = made.code()
    const theirs = await made.receipt(made.browser())
    const unlock = await made.receipt(made.browser(), 'unlock')
    const [name = ''] = mine.split('.')
    for (const receipt of [theirs, unlock, '', mine.replace(name, 'x'.repeat(22)), `${mine}x`]) {
      expect((await made.reset(owner, receipt, code)).status).toBe(400)
    }
    const withoutReceipt = await made.confirm(owner, 'reset', { code, new_password: newPassword })
    expect(withoutReceipt.status).toBe(422)
    expect((await made.confirm(owner, 'unlock', { receipt: mine, code })).status).toBe(400)
    expect((await made.reset(owner, mine, code)).status).toBe(200)
  })

  test('is answered to nobody: known and unknown accounts look the same', async () => {
    const made = coded()
    await made.member()
    const look = async (email: string) => {
      const client = made.browser()
      const asked = await made.ask(client, 'reset', email)
      const body = (await asked.json()) as { receipt: string }
      const tried: unknown[] = []
      for (let index = 0; index < 7; index++) {
        const refused = await made.reset(client, body.receipt, 'x')
        tried.push([refused.status, await refused.json()])
      }
      const shape = body.receipt.replaceAll(/[\w-]/g, '_')
      return { status: asked.status, names: Object.keys(body), shape, tried }
    }
    const [known, unknown] = [await look('ann@example.com'), await look('nobody@example.com')]
    expect(unknown).toEqual(known)
    expect(known.tried[0]).toMatchObject([400, { code: 'recovery_code_invalid', attempts_left: 4 }])
  })

  test('costs the storage the same, whether or not there is an account', async () => {
    const made = coded()
    await made.member()
    const cost = async (email: string) => {
      const client = made.browser()
      const mine = await made.receipt(client, 'reset', email)
      const costs: unknown[] = []
      for (let index = 0; index < 6; index++) {
        const before = { ...made.calls }
        await made.reset(client, mine, 'no code')
        costs.push(
          Object.fromEntries(
            Object.entries(made.calls).map(([name, count]) => [name, count - (before[name] ?? 0)]),
          ),
        )
      }
      return costs
    }
    const known = await cost('ann@example.com')
    expect(await cost('nobody@example.com')).toEqual(known)
    expect(known[0]).toMatchObject({ increment: 1, get: 2, spend: 2 })
  })

  test('is kept as no digest that six digits would tell', async () => {
    const made = coded()
    await made.member()
    const written: string[] = []
    const set = made.storage.set.bind(made.storage)
    made.storage.set = (key, value, ttl) => {
      written.push(value)
      return set(key, value, ttl)
    }
    await made.receipt(made.browser())
    const { createHash } = await import('node:crypto')
    const plain = createHash('sha256').update(made.code()).digest('base64url')
    expect(written.join()).not.toContain(made.code())
    expect(written.join()).not.toContain(plain)
  })

  test('and the token of the link are in no key and no value of the storage', async () => {
    const made = coded({ signIn: true })
    await made.member()
    const written: string[] = []
    for (const operation of ['set', 'add', 'replace', 'increment', 'spend'] as const) {
      const works = made.storage[operation].bind(made.storage) as (...args: never[]) => unknown
      made.storage[operation] = ((...args: never[]) => {
        written.push(args.join(' '))
        return works(...args)
      }) as never
    }
    const client = made.browser()
    for (const kind of ['verify', 'reset', 'unlock', 'sign-in'] as const) {
      const receipt = await made.receipt(client, kind)
      const message = made.inbox.messages.at(-1) as Message
      await made.confirm(made.browser(), 'sign-in', { token: tokenOf(message) })
      for (const secret of [tokenOf(message), receipt, `"${made.code()}"`]) {
        expect(written.join('\n')).not.toContain(secret)
      }
    }
    expect(written.length).toBeGreaterThan(8)
  })

  test('ends after its time, with the link that is used, and with a change of the account', async () => {
    const made = coded({ limits: many })
    const { id } = await made.member()
    const client = made.browser()
    const late = await made.receipt(client)
    made.clock.advance(600)
    expect((await made.reset(client, late, made.code())).status).toBe(400)

    const other = await made.receipt(client)
    const body = { token: tokenOf(made.inbox.messages.at(-1) as never), new_password: newPassword }
    const code = made.code()
    expect((await made.confirm(client, 'reset', body)).status).toBe(200)
    expect((await made.reset(client, other, code)).status).toBe(400)

    const changed = await made.receipt(client)
    await made.auth.users.endAll(id)
    expect((await made.reset(client, changed, made.code())).status).toBe(400)
  })

  test('that is asked for anew ends the one before', async () => {
    const made = coded({ limits: many })
    await made.member()
    const client = made.browser()
    const first = await made.receipt(client)
    const code = made.code()
    await made.receipt(client)
    expect((await made.reset(client, first, code)).status).toBe(400)
  })

  test('is not used up by a password that is refused, nor is an attempt', async () => {
    const made = coded()
    await made.member()
    const client = made.browser()
    const receipt = await made.receipt(client)
    for (let index = 0; index < 8; index++) {
      const body = { receipt, code: made.code(), new_password: 'short' }
      expect((await made.confirm(client, 'reset', body)).status).toBe(422)
      const known = { receipt, code: made.code(), new_password: 'ann@example.com' }
      expect((await made.confirm(client, 'reset', known)).status).toBe(422)
    }
    expect((await made.reset(client, receipt, made.code())).status).toBe(200)
  })

  test('of several channels is one, by the strictest rules, and only where a channel has codes', async () => {
    const sent: Record<string, Message[]> = { mail: [], sms: [], letter: [] }
    const channel = (name: 'mail' | 'sms' | 'letter', codes?: CodeOptions) => ({
      name,
      ...(codes ? { codes } : {}),
      deliver: (message: Message) => void sent[name]?.push(message),
    })
    const made = coded({
      channels: [
        channel('mail', { digits: 8, ttl: 300 }),
        channel('sms', { attempts: 2 }),
        channel('letter'),
      ],
    })
    await made.member()
    const client = made.browser()
    const receipt = await made.receipt(client)
    const code = codeOf(sent['mail']?.[0])
    expect(code).toMatch(/^\d{8}$/)
    expect(sent['sms']?.[0]).toMatchObject({ code, codeExpiresIn: 300 })
    expect(sent['letter']?.[0]).toMatchObject({ code: null, codeExpiresIn: 0 })
    for (let index = 0; index < 2; index++) await made.reset(client, receipt, wrong(code))
    expect((await made.reset(client, receipt, code)).status).toBe(400)
  })

  test('is in no message that nobody waits for', async () => {
    const made = coded()
    const { id } = await made.member()
    await made.auth.recovery.sendReset(id)
    await made.auth.settled()
    expect(made.inbox.messages.at(-1)).toMatchObject({ code: null, codeExpiresIn: 0 })
  })

  test('with rules that are too weak is refused at construction', () => {
    const of = (codes: object) => () => coded({ codes: codes as CodeOptions })
    expect(of({ digits: 4 })).toThrow(
      'channels[0].codes.digits must be a whole number, from 6 to 12',
    )
    expect(of({ attempts: 100 })).toThrow('codes.attempts must be a whole number, from 1 to 10')
    expect(of({ ttl: 3600 })).toThrow('codes.ttl must be a whole number of seconds, from 60 to 600')
    expect(of({ digit: 6 })).toThrow("did you mean 'digits'?")
  })
})

describe('Guesses at a code', () => {
  test('of which there are two thousand at once get five looks', async () => {
    const made = coded()
    await made.member()
    const client = made.browser()
    const receipt = await made.receipt(client)
    const right = made.code()
    const answers = await Promise.all(
      Array.from({ length: 2000 }, (_, index) => {
        const body = { receipt, code: wrong(right, index + 1), new_password: newPassword }
        const request = new Request('https://app.example.com/recovery/reset-confirm', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        const remoteAddress = `198.51.${index % 200}.${index % 251}`
        return made.app.fetch(request, { incoming: { socket: { remoteAddress } } })
      }),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
    const reasons = made
      .told('recovery.refused')
      .map((event) => (event as { reason: string }).reason)
    expect(reasons.filter((reason) => reason === 'wrong_code')).toHaveLength(5)
    expect(reasons.filter((reason) => reason === 'attempts_used')).toHaveLength(1995)
    // What is left is the link.
    expect((await made.reset(client, receipt, right)).status).toBe(400)
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    const body = { token, new_password: newPassword }
    expect((await made.confirm(made.browser(), 'reset', body)).status).toBe(200)
  })

  test('by a stranger use up nothing of the owner', async () => {
    const made = coded({ limits: many })
    await made.member()
    const owner = made.browser()
    const mine = await made.receipt(owner)
    const code = made.code()
    const stranger = made.browser({ peer: '198.51.100.9' })
    const theirs = await made.receipt(stranger)
    for (let index = 0; index < 20; index++) {
      await made.reset(stranger, theirs, wrong(code, index + 1))
      await made.reset(stranger, mine.replace(/.$/, 'A'), wrong(code, index + 1))
    }
    expect((await made.reset(owner, mine, code)).status).toBe(200)
  })

  test('are a hundred in thirty days, of an account; then its messages have links only', async () => {
    const made = coded({ limits: many })
    await made.member()
    const looked = () =>
      made
        .told('recovery.refused')
        .filter((event) => 'reason' in event && event.reason === 'wrong_code')
    const withoutCode = () => made.inbox.messages.filter(({ code }) => code === null)
    const guess = async (round: number) => {
      const client = made.browser({ peer: `198.18.${round % 250}.${round % 241}` })
      const receipt = await made.receipt(client)
      const message = made.inbox.messages.at(-1)
      for (let index = 0; index < 5; index++) {
        await made.reset(client, receipt, wrong(message?.code ?? '000000'))
      }
    }
    for (let round = 0; round < 10; round++) {
      await guess(round)
      made.clock.advance(3600)
    }
    expect(looked()).toHaveLength(40)
    expect(withoutCode()).toHaveLength(2)
    expect(withoutCode()[0]?.link).toContain('#token=')
    for (let round = 10; round < 128; round++) {
      await guess(round)
      made.clock.advance(6 * 3600)
    }
    expect(looked().length).toBeGreaterThan(70)
    expect(looked().length).toBeLessThanOrEqual(80)
  })

  test('by strangers leave the codes of known devices good', async () => {
    const made = coded({ limits: many })
    const member = await made.member()
    const device = await made.loggedIn(member)
    await device.post('/logout')
    for (let round = 0; round < 12; round++) {
      const stranger = made.browser({ peer: `198.51.100.${round}` })
      const theirs = await made.receipt(stranger)
      for (let guess = 0; guess < 5; guess++) await made.reset(stranger, theirs, 'no code')
      made.clock.advance(3600)
    }
    const mine = await made.receipt(device)
    expect((await made.reset(device, mine, made.code())).status).toBe(200)
  })

  test('of one network at many accounts are fifty in an hour; of another one they still count', async () => {
    const made = coded()
    const names = Array.from({ length: 15 }, (_, index) => `m${index}`)
    for (const name of names) await made.member(name)
    const peer = '192.0.2.77'
    for (const name of names.slice(0, 12)) {
      const client = made.browser({ peer })
      const receipt = await made.receipt(client, 'reset', `${name}@example.com`)
      for (let guess = 0; guess < 5; guess++) await made.reset(client, receipt, 'no code')
    }
    const count = (reason: string) =>
      made.told('recovery.refused').filter((event) => 'reason' in event && event.reason === reason)
    expect(count('wrong_code')).toHaveLength(50)
    expect(count('codes_used_up')).toHaveLength(10)
    const at = async (peer: string, name: string) => {
      const client = made.browser({ peer })
      const receipt = await made.receipt(client, 'reset', `${name}@example.com`)
      return (await made.reset(client, receipt, made.code())).status
    }
    expect(await at(peer, 'm13')).toBe(400)
    expect(await at('192.0.2.78', 'm14')).toBe(200)
    // A browser that the account knows is not held to what its neighbours did.
    const home = await made.loggedIn(await made.member('at_home'), { peer })
    const receipt = await made.receipt(home, 'reset', 'at_home@example.com')
    expect((await made.reset(home, receipt, made.code())).status).toBe(200)
  })

  test('get no look while the storage does not answer', async () => {
    const made = coded()
    await made.member()
    const client = made.browser()
    const receipt = await made.receipt(client)
    for (const operation of ['increment', 'get', 'spend'] as const) {
      const works = made.storage[operation]
      made.storage[operation] = (() => Promise.reject(new Error('down'))) as never
      const response = await made.reset(client, receipt, made.code())
      expect([operation, response.status]).toEqual([operation, 503])
      made.storage[operation] = works as never
    }
  })
})

describe('By a code', () => {
  test('an address is verified, and the password that was chosen stays where it is known', async () => {
    const made = coded()
    const { password } = await made.member()
    const app = made.browser()
    const receipt = await made.receipt(app, 'verify')
    const body = { receipt, code: made.code() }
    const needed = await made.confirm(app, 'verify', body)
    expect(await needed.json()).toMatchObject({ code: 'password_needed' })
    expect((await made.confirm(app, 'verify', { ...body, password })).status).toBe(200)
    expect(made.verified()).toBe(true)
  })

  test('an account is unlocked, and the application in which it was typed is known', async () => {
    const made = coded()
    await made.member()
    const app = made.browser()
    const receipt = await made.receipt(app, 'unlock')
    const response = await app.post('/recovery/unlock-confirm?device_token=true', {
      receipt,
      code: made.code(),
    })
    const { device_token } = (await response.json()) as { device_token: string }
    expect(device_token).toMatch(/^[\w-]{22}$/)
    const browser = made.browser()
    const another = await made.receipt(browser, 'unlock')
    await browser.post('/recovery/unlock-confirm', { receipt: another, code: made.code() })
    expect(browser.cookie('__Host-known_device')).toBeDefined()
  })

  test('an address is changed, by who is logged in and reads the new one', async () => {
    const made = coded()
    const member = await made.member()
    const client = await made.loggedIn(member)
    const body = { new_email: 'ann@new.example.com', password: member.password }
    const asked = await client.post('/recovery/change-request', body)
    await made.auth.settled()
    const { receipt } = (await asked.json()) as { receipt: string }
    const confirmed = await client.post('/recovery/change-confirm', { receipt, code: made.code() })
    expect(confirmed.status).toBe(200)
  })
})
