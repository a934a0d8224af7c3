import { type Email, type EmailOptions, email, type Message, type MessageKind } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { english } from '../../src/delivery/texts.ts'

const link = 'https://app.example.com/reset-password#token=a-b_c'

const message: Message = {
  kind: 'reset_password',
  recipient: 'ann@example.com',
  link,
  code: null,
  codeExpiresIn: 0,
  provider: null,
  expiresAt: new Date(Date.UTC(2026, 0, 1)),
  expiresIn: 3600,
  locale: null,
  user: null,
}

async function mail(changes: Partial<Message> = {}, options?: EmailOptions): Promise<Email> {
  const sent: Email[] = []
  const channel = email({ send: (one) => void sent.push(one) }, options)
  expect(channel.problems).toEqual([])
  const { signal } = new AbortController()
  await channel.deliver({ ...message, ...changes }, { signal })
  return sent[0] as Email
}

describe('a mail', () => {
  test('has everything that the sender of the Python original gets', async () => {
    expect(await mail()).toMatchObject({
      to: 'ann@example.com',
      subject: 'Reset your password',
      text: expect.stringContaining(`Reset your password:\n${link}\n`),
      html: expect.stringContaining(`href="${link}"`),
      kind: 'reset_password',
      link,
      recipient: 'ann@example.com',
      expiresIn: 3600,
    })
  })

  test('tells in words how long the link works', async () => {
    expect((await mail()).text).toContain('The link works for 1 hour.')
    expect((await mail({ expiresIn: 86_400 })).text).toContain('for 1 day.')
    expect((await mail({ expiresIn: 600 })).text).toContain('for 10 minutes.')
  })

  test('has its link in both bodies, alone on its line in the plain one', async () => {
    for (const kind of Object.keys(english) as MessageKind[]) {
      const { text, html } = await mail({ kind })
      expect(text.split('\n')).toContain(link)
      // As a button, and written out for whoever cannot press it.
      expect(html.match(/href="/g)).toHaveLength(2)
      expect(html).toContain(`>${link}</a>`)
    }
  })

  test('has a code besides the link, where there is one', async () => {
    const { text, html } = await mail({ code: '482913' })
    expect(text).toContain('\n482913\n')
    expect(html).toContain('>482913<')
    expect(text).toContain(link)
  })

  test('without a link promises none', async () => {
    const { text, html } = await mail({ kind: 'account_frozen', link: null })
    expect(text).not.toContain('http')
    expect(html).not.toContain('<a ')
  })

  test('fetches nothing, and reads without images and style sheets', async () => {
    for (const kind of Object.keys(english) as MessageKind[]) {
      const { html } = await mail({ kind, code: '482913' })
      expect(html).not.toMatch(/<(img|link|script|style|iframe)|src=|url\(/)
      expect(html).toMatch(/<html lang="en" dir="auto">/)
      expect(html.match(/<h1/g)).toHaveLength(1)
      expect(html).toContain('<main')
      expect(html).toContain('color-scheme')
    }
  })
})

describe('texts', () => {
  const texts = {
    de: {
      reset_password: { subject: 'Neues Passwort für {app}', closing: 'Gilt {expires}.' },
      phrases: { copy: 'Sonst diese Adresse:' },
    },
  }

  test('are replaced per kind and language; what is left out stays English', async () => {
    const german = await mail({ locale: 'de' }, { texts, name: 'Laden' })
    expect(german.subject).toBe('Neues Passwort für Laden')
    expect(german.text).toContain('Gilt 1 Stunde.')
    expect(german.html).toContain('lang="de"')
    expect(german.html).toContain('Sonst diese Adresse:')
    expect(german.text).toContain('Somebody asked to reset')
    const other = await mail({ locale: 'de', kind: 'verify_email' }, { texts })
    expect(other.subject).toBe('Verify your email')
  })

  test('are those of the nearest language, else the configured one, else English', async () => {
    const subject = async (locale: string | null, options: EmailOptions) =>
      (await mail({ locale }, options)).subject
    expect(await subject('de-AT', { texts })).toMatch(/^Neues/)
    expect(await subject('fr', { texts })).toBe('Reset your password')
    expect(await subject('fr', { texts, locale: 'de' })).toMatch(/^Neues/)
    expect(await subject('en-GB', { texts, locale: 'de' })).toBe('Reset your password')
    expect(await subject('constructor', { texts })).toBe('Reset your password')
  })
})

describe('nothing is injected', () => {
  test('by what is stored as an address', async () => {
    for (const recipient of [
      'ann@example.com,eve@evil.example',
      'ann@example.com;eve@evil.example',
      'ann@example.com\r\nBcc: eve@evil.example',
      'Ann <ann@example.com>',
      'ann@example.com eve@evil.example',
      'ann@example.com\0',
      'eve@evil.example(ann@example.com)',
      '"a,b"@example.com',
      'ann@ex@ample.com',
      `${'a'.repeat(250)}@example.com`,
    ]) {
      await expect(mail({ recipient }), recipient).rejects.toMatchObject({ name: 'Undeliverable' })
    }
  })

  test('by names and texts of the application', async () => {
    const options = {
      name: 'Tom & <b>Jerry</b>"\u202e',
      texts: { en: { reset_password: { subject: 'Hi\r\nBcc: eve@evil.example', lead: '{app}' } } },
    }
    const { subject, html, text } = await mail({}, options)
    expect(subject).toBe('Hi Bcc: eve@evil.example')
    expect(html).toContain('Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;&quot;')
    expect(html + text).not.toContain('\u202e')
  })

  test('by a placeholder in a value', async () => {
    const { text } = await mail(
      {},
      { name: '{expires} {constructor}', texts: { en: { reset_password: { lead: 'At {app}' } } } },
    )
    expect(text).toContain('At {expires} {constructor}')
  })
})

describe('email()', () => {
  test('says what is wrong with its sender and its options', () => {
    expect(email(undefined as never).problems).toEqual([expect.stringContaining('send(mail)')])
    const options = { locale: 'English', sender: 1 } as never
    expect(email({ send: () => undefined }, options).problems).toEqual([
      expect.stringContaining('email.sender is not an option'),
      expect.stringContaining("email.locale must be a language tag, such as 'de-AT'"),
    ])
  })

  test.each(['de-12', 'de-', 'de_AT'])('a locale %j that no platform knows is told', (locale) => {
    expect(email({ send: () => undefined }, { locale }).problems).toHaveLength(1)
  })

  test('leaves telephone numbers to other channels', () => {
    const channel = email({ send: () => undefined })
    expect(channel.accepts?.({ ...message, recipient: '+4915112345678' })).toBe(false)
  })
})
