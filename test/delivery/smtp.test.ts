import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { email, type Message, Undeliverable } from 'crudauth'
import { type NodemailerMail, nodemailerSender } from 'crudauth/nodemailer'
import { createTransport } from 'nodemailer'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { Afterwards } from '../../src/afterwards.ts'
import { Deliveries } from '../../src/delivery/deliveries.ts'

const link = 'https://app.example.com/reset-password#token=a-b_c'

const message: Message = {
  kind: 'reset_password',
  recipient: 'ann@example.com',
  link,
  code: null,
  codeExpiresIn: 0,
  provider: null,
  expiresAt: null,
  expiresIn: 3600,
  locale: null,
  user: null,
}

const folder = mkdtempSync(join(tmpdir(), 'crudauth-smtp-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A certificate that nobody but these tests trusts. */
function certificate(): { key: string; cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out ${cert} -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost`
  const { status, stderr } = spawnSync('openssl', args.split(' '), { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly secure: boolean
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A real SMTP server, which accepts everything unless it is told otherwise. */
async function smtp(options: SMTPServerOptions = {}, host = '127.0.0.1') {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          secure: session.secure,
        })
        done()
      })
    },
    ...options,
  })
  // What a client breaks off is no failure of the test.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  open.push(() => new Promise((resolve) => server.close(resolve)))
  return { received, port: (server.server.address() as AddressInfo).port }
}

const from = 'Shop <no-reply@shop.example>'

function attempt(transport: Parameters<typeof nodemailerSender>[0]['transport'], changes = {}) {
  const channel = email(nodemailerSender({ from, transport }))
  const { signal } = new AbortController()
  return Promise.resolve(channel.deliver({ ...message, ...changes }, { signal }))
}

describe('over SMTP', () => {
  test('a mail arrives, to one recipient, with both bodies', async () => {
    const { received, port } = await smtp()
    await attempt(`smtp://127.0.0.1:${port}`)
    expect(received).toMatchObject([{ from: 'no-reply@shop.example', to: ['ann@example.com'] }])
    const [{ raw }] = received as [Received]
    expect(raw).toMatch(/^To: ann@example\.com\r$/m)
    expect(raw).toMatch(/^Subject: Reset your password\r$/m)
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(raw).toContain('Content-Type: text/plain; charset=utf-8')
    expect(raw).toContain('Content-Type: text/html; charset=utf-8')
    expect(raw.replaceAll('=\r\n', '').replaceAll('=3D', '=')).toContain(link)
  })

  test('an address beyond ASCII arrives as what it is', async () => {
    const { received, port } = await smtp()
    await attempt(`smtp://127.0.0.1:${port}`, { recipient: 'ann@münchen.example' })
    // Servers without SMTPUTF8 take it, too: a domain has a form in plain letters.
    expect(received[0]?.raw).toMatch(/^To: ann@xn--mnchen-3ya\.example\r$/m)
  })

  test('a recipient who is refused is final', async () => {
    const { port } = await smtp({
      onRcptTo(_address, _session, done) {
        done(Object.assign(new Error('No such user'), { responseCode: 550 }))
      },
    })
    await expect(attempt(`smtp://127.0.0.1:${port}`)).rejects.toBeInstanceOf(Undeliverable)
  })

  test('greylisting is not final: the next attempt gets through', async () => {
    let tries = 0
    const { received, port } = await smtp({
      onRcptTo(_address, _session, done) {
        if (++tries > 1) return done()
        done(Object.assign(new Error('Greylisted, try again'), { responseCode: 451 }))
      },
    })
    const channel = email(nodemailerSender({ from, transport: `smtp://127.0.0.1:${port}` }))
    const emit = () => undefined
    const parts = { clock: Date.now, emit, afterwards: new Afterwards(emit) }
    const settings = { channels: [channel], retries: [0], timeoutMs: 10_000 }
    expect(await new Deliveries(settings, parts).deliver(message, 7)).toBe(true)
    expect(received).toHaveLength(1)
  })

  test('a server that refuses the login may be set right: that is not final', async () => {
    const { port } = await smtp({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) =>
        done(Object.assign(new Error('Wrong password'), { responseCode: 535 })),
    })
    const failed = attempt(`smtp://user:wrong@127.0.0.1:${port}`)
    await expect(failed).rejects.toMatchObject({ responseCode: 535 })
    await expect(failed).rejects.not.toBeInstanceOf(Undeliverable)
  })

  test('a server that is not there is a failure', async () => {
    const { port } = await smtp()
    await open.pop()?.()
    await expect(attempt(`smtp://127.0.0.1:${port}`)).rejects.toThrow(/ECONNREFUSED/)
  })

  test('a server that never says anything is given up by the bound of the attempt', async () => {
    const silent: Server = createServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const transporter = createTransport({
      host: '127.0.0.1',
      port: (silent.address() as AddressInfo).port,
    })
    open.push(async () => {
      transporter.close()
      silent.close()
    })
    const channel = email(nodemailerSender({ from, transport: transporter }))
    const failures: unknown[] = []
    const emit = (event: object) => void failures.push(event)
    const parts = { clock: Date.now, emit, afterwards: new Afterwards(emit) }
    const settings = { channels: [channel], retries: [], timeoutMs: 50 }
    expect(await new Deliveries(settings, parts).deliver(message, 7)).toBe(false)
    expect(failures).toMatchObject([{ name: 'message.failed', channel: 'email' }])
  })
})

describe('TLS', () => {
  test('carries the mail where the server has a certificate that is trusted', async () => {
    const { key, cert } = certificate()
    const { received, port } = await smtp({ secure: true, key, cert, disabledCommands: [] })
    const transporter = createTransport({
      host: 'localhost',
      port,
      secure: true,
      tls: { ca: cert },
    })
    await attempt(transporter)
    expect(received).toMatchObject([{ secure: true }])
  })

  test('with a certificate that nobody trusts sends nothing', async () => {
    const { key, cert } = certificate()
    const { received, port } = await smtp({ secure: true, key, cert, disabledCommands: [] })
    await expect(attempt(`smtps://localhost:${port}`)).rejects.toThrow(/self-signed/)
    expect(received).toEqual([])
  })

  test('is required of every server but one on this machine', async () => {
    // An address of this machine that is not one of its usual names.
    const { received, port } = await smtp({}, '127.0.0.2')
    await expect(attempt(`smtp://127.0.0.2:${port}`)).rejects.toThrow(/STARTTLS/)
    expect(received).toEqual([])
  })
})

describe('nodemailerSender()', () => {
  test('takes any transporter', async () => {
    const sent: NodemailerMail[] = []
    await attempt({ sendMail: async (mail) => sent.push(mail) })
    expect(sent).toMatchObject([{ from, to: { name: '', address: 'ann@example.com' } }])
  })

  test('says at once what is missing', () => {
    expect(() => nodemailerSender({ from: '', transport: 'smtp://localhost' })).toThrow(/from/)
    for (const transport of ['', 'mail.example.com', 'https://example.com', undefined, {}]) {
      const options = { from, transport: transport as string }
      expect(() => nodemailerSender(options), String(transport)).toThrow(/smtps:\/\//)
    }
  })
})
