import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ann, hasBrowser, launchBrowser, logIn, post, startExample } from './example.ts'

/** A site of somebody else, whose pages try to act on ours in the visitor's name. */
async function startAttacker(victim: string): Promise<{ server: Server; port: number }> {
  const pages: Record<string, string> = {
    '/form-logout': form(`${victim}/logout`, ''),
    '/form-login': form(
      `${victim}/login`,
      '<input name="username" value="mallory"><input name="password" value="mallory owns this">',
    ),
    '/fetch': `<script>
      const send = (path, init) => fetch('${victim}' + path, { method: 'POST', mode: 'no-cors', credentials: 'include', ...init })
      Promise.allSettled([
        send('/logout'),
        send('/dashboard/name', { body: '{"displayName":"owned"}' }),
        send('/login', { body: new URLSearchParams({ username: 'mallory', password: 'mallory owns this' }) }),
      ]).then(() => { document.title = 'done' })
    </script>`,
  }
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(pages[request.url ?? ''] ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

function form(action: string, fields: string): string {
  return `<form method="post" action="${action}">${fields}</form>
    <script>document.forms[0].submit()</script>`
}

describe.skipIf(!hasBrowser)('Example application', () => {
  let browser: Browser
  let example: ChildProcess
  let attacker: Server
  let attackerPort: number
  let url: string
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-example-'))

  beforeAll(async () => {
    ;({ child: example, url } = await startExample(join(folder, 'app.sqlite')))
    ;({ server: attacker, port: attackerPort } = await startAttacker(url))
    browser = await launchBrowser()
    for (const one of [
      ann,
      { email: 'mallory@example.com', username: 'mallory', password: 'mallory owns this' },
    ]) {
      expect((await post(`${url}/register`, one)).status).toBe(202)
    }
  })

  afterAll(async () => {
    await browser?.close()
    attacker?.close()
    example?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await browser.newContext())).newPage()
    await page.goto(url)
    return page
  }

  const whoAmI = (page: Page) =>
    page.evaluate(async () => {
      const response = await fetch('/me')
      return { status: response.status, body: await response.json() }
    })

  test('a person registers, logs in, sees who they are, and logs out', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Register' }).click()
    const form = page.locator('#register')
    await form.getByLabel('E-mail').fill('bob@example.com')
    await form.getByLabel('Username').fill('bob')
    await form.getByLabel('Password').fill('short')
    await form.getByRole('button').click()
    await page.getByText('Must have at least 8 characters.').waitFor()
    await form.getByLabel('Password').fill('a longer password')
    await form.getByRole('button').click()
    await page.getByText('If address and username were free').waitFor()
    const login = page.locator('#login')
    expect(await login.getByLabel('Username or e-mail').inputValue()).toBe('bob')
    await login.getByLabel('Password').fill('a longer password')
    await login.getByRole('button').click()
    await page.getByRole('heading', { name: 'Hello, bob' }).waitFor()
    expect(await page.locator('#facts').textContent()).toContain('bob@example.com')
    await page.getByLabel('Display name').fill('Bob the builder')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Hello, bob' }).waitFor()
    expect(await page.getByLabel('Display name').inputValue()).toBe('Bob the builder')

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You are logged out.').waitFor()
    const names = (await page.context().cookies()).map(({ name }) => name)
    expect(names).toEqual(['__Host-known_device'])
    expect((await whoAmI(page)).status).toBe(401)
  })

  test('the browser keeps the cookies as they are meant', async () => {
    const page = await open()
    await logIn(page)
    await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
    const cookies = Object.fromEntries(
      (await page.context().cookies()).map((cookie) => [cookie.name, cookie]),
    )
    const common = { domain: 'localhost', path: '/', secure: true, sameSite: 'Lax' }
    expect(cookies).toEqual({
      '__Host-session_id': expect.objectContaining({ ...common, httpOnly: true, expires: -1 }),
      csrf_token: expect.objectContaining({ ...common, httpOnly: false, expires: -1 }),
      '__Host-known_device': expect.objectContaining({ ...common, httpOnly: true }),
    })
    const readable = await page.evaluate(() => document.cookie)
    expect(readable).toMatch(/^csrf_token=[0-9a-f]{64}$/)
  })

  test('remember me keeps the session for thirty days', async () => {
    const page = await open()
    await logIn(page, ann, true)
    await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
    const cookies = await page.context().cookies()
    const session = cookies.find(({ name }) => name === '__Host-session_id')
    const days = ((session?.expires ?? 0) - Date.now() / 1000) / 86400
    expect(days).toBeGreaterThan(29.9)
    expect(days).toBeLessThanOrEqual(30)
  })

  describe('a page of another site', () => {
    // Another host is another site; another port of the same host is the same site, to which
    // SameSite cookies are sent: there only the token and the origin check are left.
    const sites = { 'cross-site': '127.0.0.1', 'same-site, cross-origin': 'localhost' }

    for (const [kind, host] of Object.entries(sites)) {
      test(`${kind}: cannot log the visitor out, rename them or log them in as another`, async () => {
        const page = await open()
        await logIn(page)
        await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
        const before = await page.context().cookies()
        const name = await page.getByLabel('Display name').inputValue()

        const evil = await page.context().newPage()
        let statuses: Record<string, number> = {}
        evil.on('response', (response) => {
          if (response.url().startsWith(url)) {
            statuses[new URL(response.url()).pathname] = response.status()
          }
        })
        await evil.goto(`http://${host}:${attackerPort}/form-login`)
        await evil.waitForURL(`${url}/login`)
        expect(statuses).toMatchObject({ '/login': 403 })

        statuses = {}
        await evil.goto(`http://${host}:${attackerPort}/fetch`)
        await evil.waitForFunction(() => document.title === 'done')
        // Across sites the browser keeps the cookies back; within one they arrive.
        expect(statuses).toMatchObject({
          '/login': 403,
          '/dashboard/name': host === 'localhost' ? 403 : 401,
          '/logout': 403,
        })

        await page.reload()
        await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
        expect((await whoAmI(page)).body).toMatchObject({ username: 'ann' })
        expect(await page.getByLabel('Display name').inputValue()).toBe(name)
        expect(await page.context().cookies()).toEqual(before)
      })
    }

    // Sent without cookies, and the browser would obey Set-Cookie lines that clear them.
    test('cross-site: a forged logout does not clear the cookies', async () => {
      const page = await open()
      await logIn(page)
      await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
      const evil = await page.context().newPage()
      await evil.goto(`http://127.0.0.1:${attackerPort}/form-logout`)
      await evil.waitForURL(`${url}/logout`)
      expect((await whoAmI(page)).status).toBe(200)
    })

    test('same-site, cross-origin: a forged logout arrives with the cookie and is refused', async () => {
      const page = await open()
      await logIn(page)
      await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
      const evil = await page.context().newPage()
      const answered = evil.waitForResponse(`${url}/logout`)
      await evil.goto(`http://localhost:${attackerPort}/form-logout`)
      const response = await answered
      expect(response.status()).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'cross_origin' })
      expect(response.request().headers()['content-type']).toContain('form')
      expect((await response.request().allHeaders())['cookie']).toContain('__Host-session_id=')
      expect((await whoAmI(page)).status).toBe(200)
    })
  })

  test('fits a phone', async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } })
    const page = await open(context)
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(await overflow()).toBeLessThanOrEqual(0)
    await page.getByRole('button', { name: 'Register' }).click()
    expect(await overflow()).toBeLessThanOrEqual(0)
  })

  test('a first visit leaves no error in the console, and what is asked late is shown where it was asked', async () => {
    const page = await (await browser.newContext()).newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => complaints.push(message.text()))
    await page.goto(url)
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(complaints).toEqual([])

    let answer = () => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    await page.route('**/login', async (route) => {
      await asked
      await route.continue()
    })
    await logIn(page, { ...ann, password: 'not that one' })
    await page.getByRole('button', { name: 'Register' }).click()
    const answered = page.waitForResponse(`${url}/login`)
    answer()
    expect((await answered).status()).toBe(401)
    await page.locator('#login-status:not(:empty)').waitFor({ state: 'attached' })
    expect(await page.getByText('Incorrect username or password').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Log in' }).first().click()
    expect(await page.getByText('Incorrect username or password').isVisible()).toBe(true)
  })

  test('the API document is dark where the rest is, and has a way back', async () => {
    const context = await browser.newContext({ colorScheme: 'dark' })
    const page = await context.newPage()
    await page.goto(`${url}/docs`)
    await page.getByText('Log in with a session').waitFor()
    const [red = 255] = await page.evaluate(() =>
      (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number),
    )
    expect(red).toBeLessThan(64)
    await page.getByRole('link', { name: 'Members' }).click()
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
  })

  test('the API document is shown without a request to anybody else', async () => {
    const page = await (await browser.newContext()).newPage()
    const requested: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => requested.push(request.url()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(`${url}/docs`)
    await page.getByText('Log in with a session').waitFor()
    await page.getByText('Create an account', { exact: true }).waitFor()
    const foreign = requested.filter((one) => !one.startsWith(url) && !one.startsWith('data:'))
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
  })

  test('what is tried in the API document carries the CSRF token', async () => {
    const page = await open()
    await logIn(page)
    await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
    await page.goto(`${url}/docs`)
    await page.getByText('End the session').click()
    await page.getByRole('button', { name: 'Try it out' }).click()
    const answered = page.waitForResponse(`${url}/logout`)
    await page.getByRole('button', { name: 'Execute' }).click()
    expect((await answered).status()).toBe(200)
    expect((await whoAmI(page)).status).toBe(401)
  })

  test('the page allows nothing inline and nothing from elsewhere, and needs neither', async () => {
    const page = await (await browser.newContext()).newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    const response = await page.goto(url)
    const headers = response?.headers() ?? {}
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    })
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    expect(complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([])
  })

  test('the printed commands work as they stand, and a signal ends the server', async () => {
    const database = join(folder, 'second.sqlite')
    const { child, printed } = await startExample(`file:${database}`)
    expect(existsSync(database)).toBe(true)
    const commands = printed.match(/^ {2}curl .+$/gm) ?? []
    const answers: unknown[] = []
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: folder })
      answers.push(JSON.parse(stdout))
    }
    expect(answers).toEqual([
      expect.objectContaining({ detail: expect.stringContaining('check your inbox') }),
      expect.objectContaining({ csrf_token: expect.any(String) }),
      expect.objectContaining({ username: 'ann', via: 'session' }),
    ])
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  // The last one: it locks the address that all the others come from.
  test('six wrong passwords show the lockout, with a countdown', async () => {
    const page = await open()
    for (let n = 0; n < 6; n++) {
      await logIn(page, { ...ann, username: 'somebody', password: `wrong ${n}` })
      const expected = n < 5 ? 'Incorrect username or password' : 'Too many login attempts'
      await page.locator('#login-status', { hasText: expected }).waitFor()
    }
    const line = page.locator('#login-status')
    expect(await line.textContent()).toMatch(/\(\d+ s\)$/)
    const button = page.locator('#login').getByRole('button')
    expect(await button.isDisabled()).toBe(true)
    await page.locator('#login-status', { hasText: '(57 s)' }).waitFor()
    // It goes on counting behind the other tab, and is not shown there.
    await page.getByRole('button', { name: 'Register' }).click()
    expect(await line.isVisible()).toBe(false)
    expect(await page.locator('#register-status').textContent()).toBe('')
    await page.getByRole('button', { name: 'Log in' }).first().click()
    expect(await button.isDisabled()).toBe(true)
    expect(await line.textContent()).toMatch(/\(\d+ s\)$/)
  })
})
