import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import type { Browser, Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ann,
  hasBrowser,
  launchBrowser,
  logIn,
  post,
  type RunningExample,
  startExample,
} from './example.ts'

const refreshCookieName = '__Host-refresh_token'

describe.skipIf(!hasBrowser)('Tokens and API keys in the example application', () => {
  let browser: Browser
  let example: RunningExample
  let url: string
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-tokens-'))

  beforeAll(async () => {
    example = await startExample(join(folder, 'app.sqlite'))
    url = example.url
    browser = await launchBrowser()
    expect((await post(`${url}/register`, ann)).status).toBe(202)
  })

  afterAll(async () => {
    await browser?.close()
    example?.child.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A page of somebody who is logged in. */
  async function open(width = 1200): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 800 } })
    const page = await context.newPage()
    await page.goto(url)
    await logIn(page)
    await page.getByRole('heading', { name: 'One account, three credentials' }).waitFor()
    return page
  }

  async function getToken(page: Page, password = ann.password) {
    await page.locator('#get-token').getByLabel('Your password').fill(password)
    await page.getByRole('button', { name: 'Get a token' }).click()
  }

  /** Makes a key at the page, and reads it there. */
  async function makeKey(page: Page, name: string, mayWrite = false): Promise<string> {
    await page.getByLabel('Name of the key').fill(name)
    if (mayWrite) await page.getByLabel('It may rename me').check()
    await page.getByRole('button', { name: 'Create a key' }).click()
    await said(page, 'Your key.')
    return (await page.locator('#key-text').textContent()) ?? ''
  }

  const said = (page: Page, text: string) =>
    page.locator('#credentials [role=status]', { hasText: text }).waitFor()

  /** What a card shows: the status, and what came with it. */
  const answer = (page: Page, card: 'cookie' | 'token' | 'key') =>
    page.locator(`#by-${card} .answer`).evaluate((shown) => ({
      status: shown.querySelector('strong')?.textContent,
      ...Object.fromEntries(
        [...shown.querySelectorAll('dt')].map((term) => [
          term.textContent,
          term.nextElementSibling?.textContent,
        ]),
      ),
    }))

  const refreshCookie = async (page: Page) =>
    (await page.context().cookies()).find(({ name }) => name === refreshCookieName)

  const refreshWith = (value: string) =>
    fetch(`${url}/refresh`, {
      method: 'POST',
      headers: { cookie: `${refreshCookieName}=${value}` },
    })

  const withKey = (key: string) => fetch(`${url}/me`, { headers: { 'x-api-key': key } })

  test('a cookie, a token and a key show the same person side by side', async () => {
    const page = await open()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    const asked: Request[] = []
    page.on('request', (request) => {
      if (request.url() === `${url}/me`) asked.push(request)
    })
    expect(await page.locator('#by-token .answer').textContent()).toBe('No token yet.')
    expect(await page.locator('#by-key .answer').textContent()).toBe('No key yet.')
    await getToken(page)
    await said(page, 'Your token.')
    const key = await makeKey(page, 'backup script')
    expect(key).toMatch(/^member_[\w-]{43}$/)

    const person = {
      status: '200',
      user_id: '1',
      username: 'ann',
      email: 'ann@example.com',
      is_superuser: 'false',
    }
    expect(await answer(page, 'cookie')).toEqual({ ...person, scopes: '–', via: 'session' })
    expect(await answer(page, 'token')).toEqual({
      ...person,
      scopes: 'profile:write',
      via: 'bearer',
    })
    expect(await answer(page, 'key')).toEqual({ ...person, scopes: '–', via: 'api_key' })
    // Each by itself: the session's cookie did not come along.
    const sent = await Promise.all(asked.map((request) => request.allHeaders()))
    expect(sent.map(({ cookie }) => cookie)).toEqual([undefined, undefined])
    expect(complaints).toEqual([])
  })

  test('a refresh rotates the refresh token, which scripts cannot read', async () => {
    const page = await open()
    await getToken(page)
    await said(page, 'Your token.')
    const first = await refreshCookie(page)
    expect(first).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
    expect(await page.evaluate(() => document.cookie)).toMatch(/^csrf_token=[0-9a-f]{64}$/)

    const refresh = page.getByRole('button', { name: 'Refresh' })
    await refresh.click()
    await said(page, 'New tokens')
    expect(await refresh.evaluate((button) => button === document.activeElement)).toBe(true)
    const second = await refreshCookie(page)
    expect(second?.value).not.toBe(first?.value)
    expect(await answer(page, 'token')).toMatchObject({ status: '200', via: 'bearer' })

    // Somebody else comes with a copy of the first: it ends the login, for both.
    expect((await refreshWith(first?.value ?? '')).status).toBe(401)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await said(page, 'Invalid or expired refresh token')
  })

  test('a revoked token cannot be refreshed', async () => {
    const page = await open()
    await getToken(page)
    await said(page, 'Your token.')
    const { value = '' } = (await refreshCookie(page)) ?? {}
    await page.locator('#revoke-token').click()
    await said(page, 'No more refreshing.')
    expect(await page.getByRole('button', { name: 'Refresh' }).isVisible()).toBe(false)
    expect(await refreshCookie(page)).toBeUndefined()
    expect((await refreshWith(value)).status).toBe(401)
  })

  test('a wrong password gets no token, and a key without a name is not made', async () => {
    const page = await open()
    await getToken(page, 'wrong')
    await said(page, 'Incorrect username or password')
    expect(await refreshCookie(page)).toBeUndefined()
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.locator('#make-key .problem').waitFor()
    expect(await page.getByLabel('Name of the key').getAttribute('aria-invalid')).toBe('true')
  })

  test('a revoked key stops working, and the others go on', async () => {
    const page = await open()
    const kept = await makeKey(page, 'kept')
    const ended = await makeKey(page, 'ended')
    expect(await answer(page, 'key')).toMatchObject({ status: '200', via: 'api_key' })
    await page.getByRole('button', { name: 'Revoke ended' }).click()
    await said(page, 'The key “ended” opens nothing any more.')
    expect(await answer(page, 'key')).toEqual({
      status: '401',
      code: 'not_authenticated',
      detail: 'Not authenticated',
    })
    expect((await withKey(ended)).status).toBe(401)
    expect((await withKey(kept)).status).toBe(200)
    expect(await page.locator('#keys').textContent()).not.toContain('ended')
  })

  test('a key is shown once; the list tells its name, its beginning and its use', async () => {
    const page = await open()
    const key = await makeKey(page, 'once')
    const item = page.locator('#keys li', { hasText: 'once' })
    expect(await item.textContent()).toMatch(/member_[\w-]{6}….*reads only.*used \d/)
    await page.reload()
    await item.waitFor()
    expect(await page.content()).not.toContain(key)
  })

  test('a key changes what its owner ticked, and nothing else', async () => {
    const page = await open()
    const rename = (key: string) =>
      post(`${url}/dashboard/name`, { displayName: 'By key' }, { 'x-api-key': key })
    expect((await rename(await makeKey(page, 'reader'))).status).toBe(403)
    expect((await rename(await makeKey(page, 'writer', true))).status).toBe(200)
    await page.reload()
    await page.locator('#member').waitFor()
    expect(await page.getByLabel('Display name').inputValue()).toBe('By key')
  })

  test('whoever logs out leaves no refresh token and no key on the page; keys live on', async () => {
    const page = await open()
    await getToken(page)
    await said(page, 'Your token.')
    const key = await makeKey(page, 'lives on')
    const { value = '' } = (await refreshCookie(page)) ?? {}
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You are logged out.').waitFor()
    expect(await page.locator('#credentials').isVisible()).toBe(false)
    expect(await page.content()).not.toContain(key)
    expect(await refreshCookie(page)).toBeUndefined()
    expect((await refreshWith(value)).status).toBe(401)
    expect((await withKey(key)).status).toBe(200)
  })

  test('a session that has ended asks to log in again', async () => {
    const page = await open()
    await page.context().clearCookies()
    await page.getByLabel('Name of the key').fill('too late')
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByText('Your session has ended.').waitFor()
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
  })

  test.each([
    [360, 'below one another', 1],
    [390, 'below one another', 1],
    [1200, 'side by side', 3],
  ])('at %i pixels the answers are %s, and nothing is cut off', async (width, _, columns) => {
    const page = await open(width)
    await getToken(page)
    await said(page, 'Your token.')
    await makeKey(
      page,
      'a name as long as people sometimes give to things: '.repeat(2).slice(0, 100),
    )
    const measured = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - window.innerWidth,
      columns: new Set(
        [...document.querySelectorAll('.answer')].map((one) => one.getBoundingClientRect().left),
      ).size,
      rows: new Set(
        [...document.querySelectorAll('.answer')].map((one) => one.getBoundingClientRect().top),
      ).size,
    }))
    expect(measured).toEqual({ overflow: 0, columns, rows: 4 - columns })
  })

  test('a database from before there were keys gets their table, and keeps its members', async () => {
    const database = join(folder, 'before.sqlite')
    const stop = async ({ child }: RunningExample) => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    const first = await startExample(database)
    expect((await post(`${first.url}/register`, ann)).status).toBe(202)
    await stop(first)
    const sqlite = new Database(database)
    sqlite.exec('drop table api_keys')
    sqlite.close()

    const second = await startExample(database)
    const login = await post(`${second.url}/login`, ann)
    const { csrf_token: csrf } = (await login.json()) as { csrf_token: string }
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const made = await post(
      `${second.url}/api-keys`,
      { name: 'first' },
      { cookie, 'x-csrf-token': csrf },
    )
    expect(made.status).toBe(200)
    await stop(second)
  })

  test('the commands of the README work as they stand', async () => {
    const home = join(folder, 'readme')
    mkdirSync(home)
    const fresh = await startExample(join(home, 'app.sqlite'))
    const text = readFileSync('examples/hono-sqlite/README.md', 'utf8')
    const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
    const commands = blocks.filter((block) => block.includes('curl ')).join('\n')
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-ec', commands.replaceAll('localhost:3000', fresh.url)],
      { cwd: home },
    )
    fresh.child.kill()
    const answers = stdout.replaceAll(/([}\]])(?=[{[])/g, '$1\n').split('\n')
    expect(answers.map((one) => JSON.parse(one))).toEqual([
      expect.objectContaining({ detail: expect.stringContaining('check your inbox') }),
      expect.objectContaining({ csrf_token: expect.any(String) }),
      expect.objectContaining({ via: 'session' }),
      { displayName: 'Ann' },
      { detail: 'If an account exists, a password reset email has been sent.' },
      expect.objectContaining({ via: 'bearer', scopes: ['profile:write'] }),
      { displayName: 'Ann B.' },
      expect.objectContaining({ access_token: expect.any(String) }),
      {},
      expect.objectContaining({ via: 'api_key', scopes: [] }),
      expect.objectContaining({ status: 403 }),
      [expect.objectContaining({ name: 'backup' })],
      { detail: 'API key revoked.' },
      expect.objectContaining({ status: 401 }),
    ])
  })
})
