/**
 * The page that asks before an application gets in, as people see it: on a phone and on a desk, in
 * light and dark, from left to right and the other way round.
 */
import { createHash } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import Database from 'better-sqlite3'
import { bearer, session } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { oauth, oauth2 } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTable } from '../support/create-table.ts'
import { hasBrowser, launchBrowser } from './example.ts'

const long =
  'com.example.a-department-with-a-very-long-name.of-a-company.whose-name-is-longer-still'
const short = 'com.example.app'
const people = sqliteTable('people', { ...authUserColumns(), forgeId: text('forge_id').unique() })

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true } as const
const desk = { viewport: { width: 1280, height: 800 } } as const

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** An application, and a provider on the same port that asks nothing. */
async function start(): Promise<{ url: string; server: ServerType }> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const auth = honoAuth({
    users: drizzleUsers(drizzle(sqlite), people),
    secret: 'a secret for tests, thirty-two bytes or more',
    transports: [session(), bearer()],
    registration: { answers: 'plain' },
    warnOnMemoryStorage: false,
    features: [
      oauth({
        providers: {
          forge: oauth2({
            label: 'Forge',
            issuer: 'https://forge.example',
            clientId: 'shop',
            endpoints: { authorization: `${url}/forge`, token: `${url}/token-of-forge` },
            further: { me: { url: `${url}/me-of-forge` } },
            profile: () => ({
              subject: '1',
              email: { address: 'ann@example.com', isVerified: true },
            }),
            provesAddresses: 'verified',
            onPrivateNetwork: true,
          }),
        },
        redirectBaseUrl: url,
        clientRedirects: [
          `${short}:/signed-in`,
          `${long}:/signed-in`,
          'http://127.0.0.1/signed-in',
        ],
        fetch: async () => Response.json({ access_token: 't', token_type: 'bearer' }),
        pages: {
          name: 'Members',
          texts: {
            ar: {
              asking: {
                title: 'تسجيل الدخول إلى تطبيق؟',
                lead: 'يطلب {client} تسجيل الدخول إلى حسابك. تابع فقط إذا كنت قد بدأت ذلك هناك للتو.',
                action: 'متابعة',
                closing: 'إذا لم تبدأ ذلك، فأغلق هذه الصفحة. لن يحدث شيء عندئذ.',
              },
            },
          },
        },
      }),
    ],
  })
  const app = auth.mount(new Hono()).get('/forge', (c) => {
    const { redirect_uri = '', state = '' } = c.req.query()
    return c.redirect(`${redirect_uri}?${new URLSearchParams({ code: 'c', state })}`)
  })
  return { url, server: serve({ fetch: app.fetch, port }) }
}

describe.skipIf(!hasBrowser)('The page that asks', () => {
  let browser: Browser
  let url: string
  let server: ServerType

  beforeAll(async () => {
    ;({ url, server } = await start())
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  /** The page, of an application that has just begun. */
  async function open(redirectUri: string, options: BrowserContextOptions = desk): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    const query = new URLSearchParams({
      redirect_uri: redirectUri,
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
      state: 'of the application',
    })
    await page.goto(`${url}/oauth/forge/authorize?${query}`)
    return page
  }

  const shown = async (page: Page, name: string) => {
    const folder = process.env['SCREENSHOTS']
    if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
  }

  /** What people would stumble over, measured in the page. */
  const measured = (page: Page) =>
    page.evaluate(() => {
      const button = document.querySelector('a') as HTMLElement
      const { width, height, top } = button.getBoundingClientRect()
      // As the browser paints it, whatever the colour was written as.
      const context = document
        .createElement('canvas')
        .getContext('2d', { willReadFrequently: true })
      const luminance = (colour: string) => {
        if (!context) return 0
        context.fillStyle = colour
        context.fillRect(0, 0, 1, 1)
        const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data
        const linear = (byte: number) => {
          const part = byte / 255
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
        }
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
      }
      const contrast = (one: string, other: string) => {
        const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
        return (high + 0.05) / (low + 0.05)
      }
      const { color, backgroundColor } = getComputedStyle(button)
      const scheme = matchMedia('(prefers-color-scheme: dark)').matches
      const text = getComputedStyle(document.body).color
      return {
        tooWide: document.documentElement.scrollWidth - window.innerWidth,
        button: { width, height, isInSight: top + height <= window.innerHeight },
        focused: document.activeElement?.tagName,
        contrast: {
          button: contrast(color, backgroundColor),
          edge: contrast(backgroundColor, scheme ? '#121212' : '#fff'),
          text: contrast(text, scheme ? '#121212' : '#fff'),
        },
      }
    })

  test.each([
    ['phone', short, phone],
    ['phone, a long name', long, phone],
    ['desk', short, desk],
    ['desk, a long name', long, desk],
    ['phone, dark', short, { ...phone, colorScheme: 'dark' }],
    ['desk, dark', long, { ...desk, colorScheme: 'dark' }],
    ['phone, from right to left', long, { ...phone, locale: 'ar' }],
    ['desk, from right to left', short, { ...desk, locale: 'ar', colorScheme: 'dark' }],
  ] as [string, string, BrowserContextOptions][])(
    'is easy to read and to hit: %s',
    async (name, scheme, options) => {
      const page = await open(`${scheme}:/signed-in`, options)
      await shown(page, name.replaceAll(/\W+/g, '-'))
      const { tooWide, button, focused, contrast } = await measured(page)
      expect(tooWide).toBeLessThanOrEqual(0)
      expect(button.height).toBeGreaterThanOrEqual(44)
      expect(button.isInSight).toBe(true)
      // No key that is held down says yes.
      expect(focused).toBe('BODY')
      expect(contrast.button).toBeGreaterThanOrEqual(4.5)
      expect(contrast.edge).toBeGreaterThanOrEqual(3)
      expect(contrast.text).toBeGreaterThanOrEqual(7)
      const isArabic = options.locale === 'ar'
      expect(await page.evaluate(() => [document.documentElement.lang, document.dir])).toEqual(
        isArabic ? ['ar', 'rtl'] : ['en', 'ltr'],
      )
      expect(await page.locator('bdi').textContent()).toBe(scheme)
      await page.context().close()
    },
  )

  test('is gone through by keyboard, with a focus that is seen', async () => {
    const page = await open(`${short}:/signed-in`)
    await page.keyboard.press('Tab')
    const button = page.getByRole('link', { name: 'Continue' })
    expect(await button.evaluate((link) => document.activeElement === link)).toBe(true)
    const outline = await button.evaluate((link) => getComputedStyle(link).outlineWidth)
    expect(outline).toBe('3px')
    await shown(page, 'focus')
    await page.context().close()
  })

  test('leads to the program that listens, with a code, and tells it nothing else', async () => {
    const arrived: { url: string; referer: string | undefined }[] = []
    const program = serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => {
        arrived.push({ url: request.url, referer: request.headers.get('referer') ?? undefined })
        return new Response('Go back to the command line.')
      },
    })
    await new Promise((done) => program.once('listening', done))
    const { port } = program.address() as AddressInfo
    const page = await open(`http://127.0.0.1:${port}/signed-in`, phone)
    await shown(page, 'program')
    await page.getByText('A program on this device').waitFor()
    expect(arrived).toEqual([])
    await page.getByRole('link', { name: 'Continue' }).click()
    await page.getByText('Go back to the command line.').waitFor()
    const [{ url: address = '', referer } = {}] = arrived
    const { searchParams } = new URL(address)
    expect([referer, searchParams.get('state')]).toEqual([undefined, 'of the application'])
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        code: searchParams.get('code') ?? '',
        code_verifier: 'v'.repeat(43),
        redirect_uri: `http://127.0.0.1:${port}/signed-in`,
      }),
    })
    expect(answer.status).toBe(200)
    await page.context().close()
    program.close()
  })

  test('is shown in no frame', async () => {
    const page = await (await browser.newContext(desk)).newPage()
    await page.goto(`${url}/openapi-is-not-here`)
    await page.setContent(
      `<iframe src="${url}/oauth/forge/authorize?${new URLSearchParams({
        redirect_uri: `${short}:/signed-in`,
        code_challenge: 'c'.repeat(43),
        code_challenge_method: 'S256',
      })}"></iframe>`,
    )
    const frame = page.frameLocator('iframe')
    await page.waitForLoadState('networkidle')
    expect(await frame.getByRole('link', { name: 'Continue' }).count()).toBe(0)
    await page.context().close()
  })
})
