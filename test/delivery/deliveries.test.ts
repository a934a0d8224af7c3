import { inspect } from 'node:util'
import { type AuthEvent, type DeliveryChannel, type Message, Undeliverable } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { Afterwards } from '../../src/afterwards.ts'
import { Deliveries } from '../../src/delivery/deliveries.ts'
import { Clock } from '../support/clock.ts'

const message: Message = {
  kind: 'reset_password',
  recipient: 'ann@example.com',
  link: 'https://app.example.com/reset-password#token=abc',
  code: null,
  codeExpiresIn: 0,
  provider: null,
  expiresAt: null,
  expiresIn: 0,
  locale: null,
  user: null,
}

function deliveries(
  channels: readonly DeliveryChannel[],
  { retries = [0, 0], timeoutMs = 1000 }: { retries?: number[]; timeoutMs?: number } = {},
) {
  const events: AuthEvent[] = []
  const emit = (event: AuthEvent) => void events.push(event)
  const clock = new Clock()
  const afterwards = new Afterwards(emit)
  const parts = { clock: clock.read, emit, afterwards }
  return {
    events,
    clock,
    afterwards,
    deliveries: new Deliveries({ channels, retries, timeoutMs }, parts),
  }
}

const outcomes = (events: readonly AuthEvent[]) =>
  events.flatMap((event) =>
    event.name === 'message.delivered' || event.name === 'message.failed'
      ? [[event.name, event.channel, event.attempt]]
      : [],
  )

describe('several channels', () => {
  test('are started in their order, and none waits for another', async () => {
    const order: string[] = []
    let release = () => undefined as unknown
    const slow = new Promise<void>((resolve) => {
      release = () => resolve()
    })
    const { deliveries: all, events } = deliveries([
      {
        name: 'slow',
        deliver: async () => {
          order.push('slow')
          await slow
        },
      },
      { name: 'quick', deliver: () => void order.push('quick') },
    ])
    const done = all.deliver(message, 7)
    await Promise.resolve()
    await Promise.resolve()
    expect(order).toEqual(['slow', 'quick'])
    release()
    expect(await done).toBe(true)
    expect(outcomes(events)).toContainEqual(['message.delivered', 'quick', 1])
  })

  test('one that fails keeps no other from delivering', async () => {
    const { deliveries: all, events } = deliveries(
      [
        { name: 'broken', deliver: () => Promise.reject(new Error('down')) },
        { name: 'good', deliver: () => undefined },
      ],
      { retries: [] },
    )
    expect(await all.deliver(message, 7)).toBe(true)
    expect(outcomes(events)).toEqual(
      expect.arrayContaining([
        ['message.failed', 'broken', 1],
        ['message.delivered', 'good', 1],
      ]),
    )
  })

  test('get only what they accept, and a message that none accepts is told', async () => {
    const got: string[] = []
    const { deliveries: all, events } = deliveries([
      {
        name: 'sms',
        accepts: ({ recipient }) => recipient.startsWith('+'),
        deliver: ({ recipient }) => void got.push(recipient),
      },
    ])
    expect(await all.deliver(message, null)).toBe(false)
    expect(await all.deliver({ ...message, recipient: '+4915112345678' }, null)).toBe(true)
    expect(got).toEqual(['+4915112345678'])
    expect(events[0]).toMatchObject({ name: 'message.failed', channel: null, retryInSeconds: null })
  })
})

describe('a channel that fails', () => {
  test('is tried again, as often as configured and no more', async () => {
    let tries = 0
    const { deliveries: all, events } = deliveries([
      { name: 'dead', deliver: () => Promise.reject(new Error(`try ${++tries}`)) },
    ])
    expect(await all.deliver(message, 7)).toBe(false)
    expect(tries).toBe(3)
    expect(events.map((event) => 'retryInSeconds' in event && event.retryInSeconds)).toEqual([
      0,
      0,
      null,
    ])
    expect(events[0]).toMatchObject({ userId: 7, error: new Error('try 1') })
  })

  test('is not tried again where that is of no use', async () => {
    let tries = 0
    const { deliveries: all } = deliveries([
      {
        name: 'mail',
        deliver() {
          tries++
          throw new Undeliverable('nobody there')
        },
      },
    ])
    expect(await all.deliver(message, 7)).toBe(false)
    expect(tries).toBe(1)
  })

  test('is not tried again once the link has ended', async () => {
    let tries = 0
    const { deliveries: all, clock } = deliveries(
      [{ name: 'mail', deliver: () => Promise.reject(new Error(`try ${++tries}`)) }],
      { retries: [3600] },
    )
    const expiresAt = new Date(clock.now + 3600_000)
    expect(await all.deliver({ ...message, expiresAt, expiresIn: 3600 }, 7)).toBe(false)
    expect(tries).toBe(1)
  })

  test('is told without the message, whatever its error has', async () => {
    const token = 'a-b_cdefghijklmnopqrstuvwxyz0123456789ABCDE'
    const secret = {
      ...message,
      link: `https://app.example.com/reset-password#token=${token}`,
      code: '048213',
      expiresAt: new Date(8.64e15),
    }
    const body = JSON.stringify({ to: secret.recipient, text: `${secret.code} ${secret.link}` })
    const refused = Object.assign(new Error(`550 <Ann@Example.com> with ${encodeURI(body)}`), {
      code: 'EENVELOPE',
      responseCode: 550,
      response: `550 ${body}`,
      rejected: [secret.recipient],
      config: { data: body, headers: { authorization: 'Bearer key' } },
      cause: Object.assign(new Error(`cut: ${secret.link.slice(0, -9)}`), { request: { body } }),
    })
    const called = new Error(`GET /send?to=${encodeURIComponent(secret.recipient)} is 500`)
    const grouped = new Error(`not sent: 048 213, 048-213`)
    const circle: Error & { self?: unknown } = new Error(secret.code)
    circle.cause = circle
    circle.self = circle
    const all = [
      refused,
      called,
      grouped,
      circle,
      body,
      { message: body, data: { body } },
      [body],
      null,
    ]
    for (const thrown of all) {
      const { deliveries: sent, events } = deliveries(
        [{ name: 'mail', codes: {}, deliver: () => Promise.reject(thrown) }],
        { retries: [] },
      )
      expect(await sent.deliver(secret, 7)).toBe(false)
      const told = inspect(events, { depth: null, showHidden: true })
      const never = [token.slice(0, 20), secret.code, 'ann@example.com', 'Bearer key']
      for (const text of [...never, 'ann%40example.com', '048 213', '048-213']) {
        expect(told.toLowerCase()).not.toContain(text.toLowerCase())
      }
      if (thrown === refused) {
        const kept = { code: 'EENVELOPE', responseCode: 550 }
        expect(events).toMatchObject([{ name: 'message.failed', error: kept }])
        expect(events[0]).toHaveProperty('error.message', expect.stringContaining('550 <…> with'))
      }
    }
  })

  test('is told as it is where its error repeats nothing', async () => {
    const error = Object.assign(new Error('down', { cause: new TypeError('no') }), { status: 503 })
    const { deliveries: all, events } = deliveries(
      [{ name: 'mail', deliver: () => Promise.reject(error) }],
      { retries: [] },
    )
    await all.deliver(message, 7)
    expect(events[0]).toHaveProperty('error', error)
    expect((events[0] as { error?: unknown }).error).toBe(error)
  })

  test('that never answers counts as failed, and is told to stop', async () => {
    let signal: AbortSignal | undefined
    const { deliveries: all, events } = deliveries(
      [
        {
          name: 'hung',
          deliver: (_, context) => {
            signal = context.signal
            return new Promise(() => undefined)
          },
        },
      ],
      { retries: [], timeoutMs: 10 },
    )
    expect(await all.deliver(message, 7)).toBe(false)
    expect(signal?.aborted).toBe(true)
    expect(events[0]).toMatchObject({ name: 'message.failed', channel: 'hung' })
  })
})

describe('closing', () => {
  test('tries what waits once more, at once, and waits for it', async () => {
    let tries = 0
    const { deliveries: all, afterwards } = deliveries(
      [
        {
          name: 'greylisting',
          deliver: async () => {
            if (++tries === 1) throw new Error('try again later')
          },
        },
      ],
      { retries: [86_400] },
    )
    let delivered: boolean | undefined
    afterwards.run('message', async () => {
      delivered = await all.deliver(message, 7)
    })
    while (tries === 0) await new Promise((resolve) => setImmediate(resolve))
    await afterwards.close(60_000)
    expect({ tries, delivered }).toEqual({ tries: 2, delivered: true })
  })

  test('gives up what takes longer than its bound, and says so', async () => {
    const { afterwards, events } = deliveries([])
    afterwards.run('message', () => new Promise(() => undefined))
    await afterwards.close(1)
    expect(events).toEqual([{ name: 'background.failed', work: 'close', error: expect.any(Error) }])
  })
})

describe('work after an answer', () => {
  test('keeps a platform waiting that would stop with the answer', async () => {
    const { afterwards } = deliveries([])
    const awaited: Promise<unknown>[] = []
    let isDone = false
    afterwards.run(
      'message',
      async () => {
        isDone = true
      },
      (work) => awaited.push(work),
    )
    expect(isDone).toBe(false)
    await Promise.all(awaited)
    expect({ awaited: awaited.length, isDone }).toEqual({ awaited: 1, isDone: true })
  })

  test('that fails is an event, also where the platform refuses to wait', async () => {
    const { afterwards, events } = deliveries([])
    afterwards.run(
      'message',
      () => Promise.reject(new Error('no')),
      () => {
        throw new Error('too late')
      },
    )
    await afterwards.settled()
    expect(events).toMatchObject([
      { name: 'background.failed', work: 'waitUntil' },
      { name: 'background.failed', work: 'message' },
    ])
  })
})
