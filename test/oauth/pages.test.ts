/**
 * The pages on the way of a browser: their words are the application's, and whatever is in them is
 * text.
 */
import { bearer, ConfigurationError, session } from 'crudauth'
import { type OAuthPageOptions, oauth2 } from 'crudauth/oauth'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { asBrowser, forge, oauthWorld } from '../support/oauth.ts'

const own = 'com.example.app:/signed-in'
const program = 'http://127.0.0.1:49152/signed-in'

const hostile = '</title></style><script>alert(1)</script>"\'<b>&amp;\u202eeno'

/** The pages of somebody who comes back; `language` is what the browser prefers. */
function pagesWorld(pages?: OAuthPageOptions, label = 'Forge', strict = false) {
  const demo = oauth2({
    label,
    issuer: forge.issuer,
    clientId: 'shop',
    endpoints: { authorization: 'https://forge.example/a', token: 'https://forge.example/t' },
    further: { me: { url: 'https://forge.example/me' } },
    profile: () => ({ subject: '1', email: { address: 'ann@example.com', isVerified: true } }),
  })
  const made = oauthWorld(
    { demo },
    {
      clientRedirects: [own, 'http://127.0.0.1/signed-in'],
      fetch: async () => Response.json({ access_token: 't', token_type: 'bearer' }),
      ...(pages === undefined ? {} : { pages }),
      config: {
        transports: [session(), bearer()],
        ...(strict ? { cookies: { sameSite: 'strict' } } : {}),
      } as never,
    },
  )
  return {
    ...made,
    async page(language?: string, redirect_uri: string | null = own): Promise<Response> {
      const client = made.browser()
      const headers = { ...asBrowser.headers, ...(language && { 'accept-language': language }) }
      const of = { code_challenge: sha256('v'.repeat(43)), code_challenge_method: 'S256' }
      const query = redirect_uri === null ? {} : { redirect_uri, ...of }
      const away = await client.get(`/oauth/demo/authorize?${new URLSearchParams(query)}`)
      const { searchParams } = new URL(away.headers.get('location') ?? '')
      const back = new URLSearchParams({ code: 'c', state: searchParams.get('state') ?? '' })
      return client.get(`/oauth/demo/callback?${back}`, { headers })
    },
  }
}

const german = {
  asking: {
    title: 'Bei {app} anmelden?',
    lead: '{client} möchte sich mit {provider} in Ihrem Konto bei {app} anmelden.',
    action: 'Weiter',
    closing: 'Sonst schließen Sie die Seite.',
    program: 'Ein Programm auf diesem Gerät',
  },
}

describe('the page that asks', () => {
  test('says in the application’s words who asks, and by which provider', async () => {
    const { page } = pagesWorld({ name: 'Shop', texts: { de: german } })
    const text = await (await page('de-AT, en;q=0.5')).text()
    expect(text).toContain('<html lang="de" dir="ltr">')
    expect(text).toContain('<title>Bei Shop anmelden?</title>')
    expect(text).toContain('<h1>Bei Shop anmelden?</h1>')
    expect(text).toContain(
      '<p><strong><bdi>com.example.app</bdi></strong> möchte sich mit Forge in Ihrem Konto bei Shop anmelden.</p>',
    )
    expect(text).toMatch(/<a href="com\.example\.app:\/signed-in\?code=[\w-]{43}">Weiter<\/a>/)
    expect(text).toContain('Sonst schließen Sie die Seite.')
    const ofProgram = await (await page('de', program)).text()
    expect(ofProgram).toContain('<bdi>Ein Programm auf diesem Gerät</bdi>')
  })

  test.each([
    ['none that there are texts in', 'fr', 'en', 'Sign in to an application?'],
    ['none at all', undefined, 'en', 'Sign in to an application?'],
    ['English', 'en-GB, de', 'en', 'Sign in to an application?'],
    ['a language that is written from right to left', 'ar', 'ar', 'تسجيل الدخول؟'],
    ['nonsense', '"><script>, de-<b>;q=x', 'en', 'Sign in to an application?'],
  ])('for a browser that prefers %s', async (_, wanted, language, title) => {
    const { page } = pagesWorld({
      texts: { de: german, ar: { asking: { title: 'تسجيل الدخول؟' } } },
    })
    const text = await (await page(wanted)).text()
    expect(text).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`)
    expect(text).toContain(`<h1>${title}</h1>`)
    // What is left out is English, and nothing of a header is repeated.
    expect(text).toContain('>Continue</a>')
    expect(text).not.toContain('script')
  })

  test('is in the application’s language for browsers that prefer another', async () => {
    const { page } = pagesWorld({ texts: { de: german }, locale: 'de' })
    for (const wanted of ['fr', undefined]) {
      expect(await (await page(wanted)).text()).toContain('<html lang="de" dir="ltr">')
    }
    expect(await (await page('en')).text()).toContain('<html lang="en" dir="ltr">')

    const english = await pagesWorld({ locale: 'de' }).page('de')
    expect(await english.text()).toContain('<html lang="en" dir="ltr">')
  })

  test('has no HTML in it but ours, whoever wrote it', async () => {
    const words = {
      title: hostile,
      lead: `{client}{app}{provider}${hostile}`,
      action: hostile,
      closing: hostile,
    }
    const pages = { name: hostile, texts: { en: { asking: { ...words, program: hostile } } } }
    const { page } = pagesWorld(pages, hostile)
    const text = await (await page('en', program)).text()
    const tags = [...text.matchAll(/<\/?[a-z!][^>]*>/g)].map(([tag]) => tag.replace(/ .*/, '>'))
    const ours = ['title', 'style', 'head', 'main', 'p', 'h1', 'strong', 'bdi', 'a', 'body', 'html']
    expect(new Set(tags)).toEqual(
      new Set(['<!doctype>', '<meta>', ...ours.flatMap((tag) => [`<${tag}>`, `</${tag}>`])]),
    )
    expect(text).not.toContain('\u202e')
  })

  test('puts no value into the place of a name that stands in another one', async () => {
    const lead = '{client} {app} {provider} {nobody} {constructor}'
    const pages = { name: '{client}', texts: { en: { asking: { lead } } } }
    const text = await (await pagesWorld(pages, '{app}').page('en')).text()
    expect(text).toContain('</strong> {client} {app} {nobody} {constructor}</p>')
  })

  test('runs nothing, is in no frame, is kept by nobody, and tells no referrer', async () => {
    const { headers } = await pagesWorld().page()
    const policy = (headers.get('content-security-policy') ?? '').split('; ').sort()
    expect(policy).toEqual([
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "style-src 'unsafe-inline'",
    ])
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

test('the page that goes on by itself is in the browser’s language, too', async () => {
  const texts = { de: { continuing: { title: 'Anmeldung', action: 'Weiter <b>' } } }
  const { page } = pagesWorld({ texts }, 'Forge', true)
  const text = await (await page('de', null)).text()
  expect(text).toContain('<title>Anmeldung</title>')
  expect(text).toMatch(/http-equiv="refresh" content="0;url=\?state=[\w-]{43}"/)
  expect(text).toMatch(/<a href="\?state=[\w-]{43}">Weiter &lt;b&gt;<\/a>/)
})

describe('words that would say too little, or nothing', () => {
  test.each([
    [
      { texts: { de: { asking: { lead: 'Weiter?' } } } },
      'pages.texts.de.asking.lead must be a text with {client}',
    ],
    [
      { texts: { de: { asking: { tilte: 'x' } } } },
      "pages.texts.de.asking.tilte is not an option; did you mean 'title'?",
    ],
    [{ texts: { german } }, "pages.texts has 'german', which is no language tag"],
    [{ texts: { 'de-x': german } }, "pages.texts has 'de-x', which is no language tag"],
    [{ texts: { de: { asking: { title: 5 } } } }, 'pages.texts.de.asking.title must be a text'],
    [{ locale: 'German' }, 'pages.locale must be a language tag'],
    [{ locale: 'de-12' }, 'pages.locale must be a language tag'],
    [{ title: 'x' }, 'pages.title is not an option'],
  ])('%j are refused', (pages, problem) => {
    const make = () => pagesWorld(pages as OAuthPageOptions)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(`oauth.${problem}`)
  })
})
