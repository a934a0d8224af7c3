/** The kit of delivery channels, over the channels that there are, and over some that are wrong. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DeliveryChannel, email, type Message } from 'crudauth'
import { nodemailerSender } from 'crudauth/nodemailer'
import { type ChannelWorld, channelConformance, testInbox } from 'crudauth/testing'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { samplesOf } from '../support/documented-samples.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
const samples = samplesOf('recovery.md', {
  'page.ts': 'export const gateway = { get url() { return globalThis.smsGateway }, key: "secret" }',
})
afterAll(() => samples.close())

/** The plain text of a mail, as a reader of mail shows it. */
function textOf(raw: string): string {
  const part = /Content-Type: text\/plain[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(raw)
  const [all = '', body = ''] = part ?? []
  if (/base64/i.test(all.slice(0, 200))) return Buffer.from(body, 'base64').toString('utf8')
  if (!/quoted-printable/i.test(all.slice(0, 200))) return body
  const bytes = body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

async function mail(): Promise<ChannelWorld> {
  const received: { to: string[]; raw: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        received.push({ to, raw: Buffer.concat(chunks).toString('utf8') })
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.server.address() as AddressInfo
  const close = () => new Promise<void>((closed) => server.close(() => closed()))
  closing.push(close)
  const sender = nodemailerSender({
    from: 'Shop <no-reply@shop.example>',
    transport: `smtp://127.0.0.1:${port}`,
  })
  return {
    channel: email(sender, { name: 'Shop', codes: {} }),
    recipients: ['ann@example.com', 'bob@example.com'],
    arrived: async (recipient) =>
      received.filter(({ to }) => to.includes(recipient)).map(({ raw }) => textOf(raw)),
    breakDown: close,
  }
}

async function inbox(): Promise<ChannelWorld> {
  const channel = testInbox({ codes: {} })
  let isDown = false
  return {
    // It is memory, and cannot fail by itself.
    channel: {
      name: channel.name,
      codes: {},
      deliver(message, context) {
        if (isDown) throw new Error('down')
        return channel.deliver(message, context)
      },
    },
    recipients: ['ann@example.com', '+436641234567'],
    arrived: async (recipient) =>
      channel.messages
        .filter((message) => message.recipient === recipient)
        .map(({ link, code }) => [link, code].filter((one) => one !== null).join(' ')),
    breakDown: async () => {
      isDown = true
    },
  }
}

async function sms(): Promise<ChannelWorld> {
  const received: { to: string; text: string }[] = []
  let isDown = false
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      if (isDown) return response.writeHead(503).end()
      received.push(JSON.parse(body))
      return response.writeHead(202).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  closing.push(() => new Promise<void>((closed) => void server.close(() => closed())))
  const { port } = server.address() as AddressInfo
  Object.assign(globalThis, { smsGateway: `http://127.0.0.1:${port}` })
  const { sms: channel } = await samples.load<{ sms: DeliveryChannel }>("name: 'sms'")
  return {
    channel,
    recipients: ['+436641234567', '+4915112345678'],
    arrived: async (recipient) =>
      received.filter(({ to }) => to === recipient).map(({ text }) => text),
    breakDown: async () => {
      isDown = true
    },
  }
}

describe.each([
  ['mail over SMTP', mail],
  ['the inbox', inbox],
  ['SMS, as documented', sms],
])('A channel: %s', (_, create) => {
  for (const { name, run } of channelConformance({ create })) test(name, run)
})

describe('The kit of channels finds one that', () => {
  const wrongs: Readonly<Record<string, (good: ChannelWorld) => Partial<DeliveryChannel>>> = {
    'cuts long links': ({ channel }) => ({
      deliver: (message, context) =>
        channel.deliver({ ...message, link: message.link?.slice(0, 60) ?? null }, context),
    }),
    'loses a zero of the code': ({ channel }) => ({
      deliver: (message, context) =>
        channel.deliver(
          { ...message, code: message.code === null ? null : String(Number(message.code)) },
          context,
        ),
    }),
    'leaves the link out where there is a code': ({ channel }) => ({
      deliver: (message, context) =>
        channel.deliver({ ...message, link: message.code === null ? message.link : null }, context),
    }),
    'swallows what fails': ({ channel }) => ({
      deliver: (message, context) =>
        Promise.resolve()
          .then(() => channel.deliver(message, context))
          .catch(() => undefined),
    }),
    'knows some kinds only': ({ channel }) => ({
      deliver: (message: Message, context) =>
        message.kind === 'username_taken' ? undefined : channel.deliver(message, context),
    }),
    'sends one recipient what is for another': ({ channel }) => {
      let last = ''
      return {
        async deliver(message, context) {
          last = message.recipient
          await new Promise((resolve) => setImmediate(resolve))
          return channel.deliver({ ...message, recipient: last }, context)
        },
      }
    },
    'fails for a language that it does not know': ({ channel }) => ({
      deliver: (message, context) => {
        if (message.locale !== null) new Intl.NumberFormat(message.locale)
        return channel.deliver(message, context)
      },
    }),
    'writes what is not there': ({ channel }) => ({
      deliver: (message, context) =>
        channel.deliver({ ...message, link: `${message.link}` }, context),
    }),
    'has no name': () => ({ name: '' }),
    'throws when it is asked about odd recipients': () => ({
      accepts({ recipient }) {
        if (recipient.trim() === '') throw new Error('odd')
        return true
      },
    }),
  }
  test.each(Object.keys(wrongs))('%s', async (name) => {
    const create = async () => {
      const good = await inbox()
      return { ...good, channel: { ...good.channel, ...wrongs[name]?.(good) } }
    }
    const outcomes = await Promise.allSettled(
      channelConformance({ create }).map(({ run }) => run()),
    )
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
  })
})
