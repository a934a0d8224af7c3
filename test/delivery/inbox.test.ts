import { ConfigurationError, developmentInbox, type Message } from 'crudauth'
import { testInbox } from 'crudauth/testing'
import { describe, expect, test, vi } from 'vitest'

const message: Message = {
  kind: 'reset_password',
  recipient: 'ann@example.com',
  link: 'http://localhost:3000/reset-password#token=abc',
  code: '482913',
  codeExpiresIn: 600,
  provider: null,
  expiresAt: null,
  expiresIn: 3600,
  locale: null,
  user: null,
}

const context = { signal: new AbortController().signal }

describe('an inbox', () => {
  test('gives the messages to one recipient, in their order, each once', async () => {
    const inbox = testInbox()
    await inbox.deliver({ ...message, kind: 'verify_email' }, context)
    await inbox.deliver({ ...message, recipient: 'bob@example.com' }, context)
    await inbox.deliver(message, context)
    expect((await inbox.next({ to: 'ann@example.com' })).kind).toBe('verify_email')
    expect((await inbox.next({ to: 'ann@example.com' })).kind).toBe('reset_password')
    await expect(inbox.next({ to: 'ann@example.com', withinMs: 1 })).rejects.toThrow(
      'no message for ann@example.com',
    )
  })

  test('waits for one that is on its way, of the kind that is wanted', async () => {
    const inbox = testInbox()
    const wanted = inbox.next({ to: 'ann@example.com', kind: 'unlock' })
    await inbox.deliver(message, context)
    await inbox.deliver({ ...message, kind: 'unlock' }, context)
    expect(await wanted).toMatchObject({ kind: 'unlock' })
  })

  test('keeps a bounded number', async () => {
    const inbox = testInbox()
    for (let index = 0; index < 300; index++) {
      await inbox.deliver({ ...message, code: String(index) }, context)
    }
    expect(inbox.messages).toHaveLength(200)
    expect(inbox.messages[0]?.code).toBe('100')
  })
})

describe('the development inbox', () => {
  test('prints each message with what opens it', async () => {
    const printed: string[] = []
    const inbox = developmentInbox({ print: (text) => printed.push(text) })
    await inbox.deliver(message, context)
    await inbox.deliver(message, context)
    const told = `crudauth: reset_password for ann@example.com\n  ${message.link}\n  482913`
    expect(printed).toEqual([
      told,
      `crudauth: all messages, in a browser, below the path of your routes: ${inbox.path}`,
      told,
    ])
  })

  test('cannot be made in production', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => developmentInbox()).toThrow(ConfigurationError)
    expect(() => developmentInbox()).toThrow(/channels: \[email\(sender\)\]/)
  })
})
