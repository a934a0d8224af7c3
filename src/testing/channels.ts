/**
 * The conformance kit of the port for delivery channels: what the library relies on, whatever
 * carries the message. It looks at what arrives, as text.
 */
import type { DeliveryChannel, Message, MessageKind } from '../delivery/channel.ts'
import { english } from '../delivery/texts.ts'
import {
  atOnce,
  type ConformanceCase,
  expect,
  expectEqual,
  expectRejection,
} from './conformance.ts'

/** How the kit gets the channel that it tests. */
export interface ChannelSetup {
  /** A channel over something that keeps what arrives. */
  create(): Promise<ChannelWorld>
}

/** A channel, and what is behind it. */
export interface ChannelWorld {
  readonly channel: DeliveryChannel
  /** Two different people that the channel reaches. */
  readonly recipients: readonly [string, string]
  /** What has arrived for one of them, as they would read it, oldest first. */
  arrived(recipient: string): Promise<readonly string[]>
  /** From now on nothing gets through. */
  breakDown(): Promise<void>
}

interface Tools extends ChannelWorld {
  /** Delivers a message to the first of the two, or to another. */
  deliver(message?: Partial<Message>): Promise<void>
  /** What arrived for the first, where it is one message. */
  theOne(): Promise<string>
}

const link =
  'https://app.example.com/reset-password#token=a-b_cdefghijklmnopqrstuvwxyz0123456789ABCDEFG'

const kinds = Object.keys(english) as MessageKind[]

const cases: Readonly<Record<string, (tools: Tools) => Promise<void>>> = {
  async 'has a short name'({ channel: { name } }) {
    expect(/^[\w-]{1,40}$/.test(name), `a name of letters and digits, not '${name}'`)
  },

  async 'brings the link, whole'({ deliver, theOne }) {
    await deliver()
    expect((await theOne()).includes(link), 'the link as it is')
  },

  async 'brings the code beside the link, where it has codes'({ channel, deliver, theOne }) {
    if (channel.codes === undefined) return
    await deliver({ code: '048213', codeExpiresIn: 600 })
    const text = await theOne()
    expect(text.includes('048213'), 'the code, with its zero')
    expect(text.includes(link), 'and the link: it works in any browser')
  },

  async 'brings messages that have neither'({ deliver, theOne }) {
    await deliver({ kind: 'existing_account', link: null, expiresAt: null, expiresIn: 0 })
    expect(!/null|undefined/.test(await theOne()), 'what is not there is not written')
  },

  async 'brings messages of every kind'({ deliver, arrived, recipients: [first] }) {
    for (const kind of kinds) await deliver({ kind })
    expectEqual((await arrived(first)).length, kinds.length, 'messages')
  },

  async 'brings each of many at once to its own recipient'(tools) {
    const { deliver, arrived, recipients } = tools
    const of = (n: number) => `https://app.example.com/unlock#token=${'x'.repeat(40)}-${n}.`
    await atOnce(20, (n) => deliver({ recipient: recipients[n % 2] ?? '', link: of(n) }))
    for (const [side, recipient] of recipients.entries()) {
      const texts = await arrived(recipient)
      expectEqual(texts.length, 10, `messages to ${recipient}`)
      for (let n = 0; n < 20; n++) {
        const isThere = texts.some((text) => text.includes(of(n)))
        expectEqual(isThere, n % 2 === side, `message ${n} at ${recipient}`)
      }
    }
  },

  async 'takes what is in the account for no more than text'({ deliver, arrived, recipients }) {
    const [first, second] = recipients
    const user = { username: `ann\r\nBcc: ${second}\r\n\r\n<script>`, name: `"${second}", ann` }
    await deliver({ user, locale: `de\r\nTo: ${second}` })
    expectEqual((await arrived(first)).length, 1, `messages to ${first}`)
    expectEqual((await arrived(second)).length, 0, `messages to ${second}`)
  },

  async 'works whatever language is asked for'({ deliver, arrived, recipients: [first] }) {
    const tags = ['de-AT', 'ar', 'zz-zz', 'constructor', '']
    for (const locale of tags) await deliver({ locale })
    expectEqual((await arrived(first)).length, tags.length, 'messages')
  },

  async 'says of any recipient whether it takes messages to it'({ channel, recipients: [first] }) {
    const takes = (recipient: string) => channel.accepts?.({ ...message, recipient }) ?? true
    expectEqual(takes(first), true, 'its own')
    for (const odd of ['', ' ', 'ann', '+43', '\u0000', 'x'.repeat(1000)]) {
      expectEqual(typeof takes(odd), 'boolean', JSON.stringify(odd.slice(0, 10)))
    }
  },

  async 'rejects while nothing gets through, so that it is tried again'({ deliver, breakDown }) {
    await breakDown()
    await expectRejection(deliver(), 'deliver')
  },
}

const message: Message = {
  kind: 'reset_password',
  recipient: '',
  link,
  code: null,
  expiresAt: null,
  expiresIn: 3600,
  codeExpiresIn: 0,
  locale: null,
  provider: null,
  user: null,
}

/**
 * The cases that a channel has to pass.
 *
 * @example
 * ```ts
 * for (const { name, run } of channelConformance({ create })) test(name, run)
 * ```
 */
export function channelConformance({ create }: ChannelSetup): ConformanceCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const world = await create()
      const [recipient] = world.recipients
      await check({
        ...world,
        async deliver(given = {}) {
          const signal = new AbortController().signal
          await world.channel.deliver({ ...message, recipient, ...given }, { signal })
        },
        async theOne() {
          const texts = await world.arrived(recipient)
          expectEqual(texts.length, 1, 'messages')
          return texts[0] ?? ''
        },
      })
    },
  }))
}
