/**
 * The example of an existing table, as a person sees it who was a member of the old application.
 */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Pool } from 'pg'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isReachable, postgres, postgresUrl } from '../support/services.ts'
import { hasBrowser, launchBrowser, startExample } from './example.ts'

const canRun = hasBrowser && (await isReachable(postgres))

describe.runIf(canRun)('The example of an existing table', () => {
  const name = `crudauth_page_${randomBytes(4).toString('hex')}`
  const database = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href
  const admin = new Pool({ connectionString: postgresUrl })
  let browser: Browser
  let child: ChildProcess
  let url: string
  let printed: string
  const loaded: string[] = []

  beforeAll(async () => {
    await admin.query(`create database ${name}`)
    for (let n = 0; n < 2; n++) {
      const args = ['examples/existing-table/server.ts', '--load-only']
      const env = { ...process.env, DATABASE_URL: database }
      loaded.push(execFileSync(process.execPath, args, { env, encoding: 'utf8', timeout: 20_000 }))
    }
    ;({ child, url, printed } = await startExample(database, 'existing-table'))
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    child?.kill()
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  })

  async function open(width = 1100): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 800 } })
    const page = await context.newPage()
    await page.goto(url)
    return page
  }

  async function logIn(page: Page, login: string) {
    await page.getByRole('button', { name: `Fill in ${login}` }).click()
    await page.locator('#login').getByRole('button').click()
  }

  test('loads alone first, for a look before the migration; then starts', () => {
    expect(loaded).toEqual([
      'Loaded legacy.sql: quayside.members, as the old application left it\n',
      'quayside.members is there already; nothing was done\n',
    ])
    expect(printed).not.toContain('Loaded legacy.sql')
    expect(printed).toContain('Ran migration.sql')
  })

  test('an administrator of old logs in, sees the old columns, and ends another session', async () => {
    const [page, other] = [await open(), await open()]
    for (const one of [other, page]) {
      await logIn(one, 'marta')
      await one.getByRole('heading', { name: 'Hello, Marta Lind' }).waitFor()
    }
    const facts = page.locator('#facts')
    await facts.getByText('$bcrypt-sha256$').waitFor()
    expect(await facts.textContent()).toContain('Marta.Lind@Example.com')
    await page.locator('#berths').getByText('Tom Arden').waitFor()
    await page.locator('#hashes').getByText('$P$').waitFor()

    await page.getByRole('button', { name: /^End .+ on .+, / }).click()
    await page.getByText('That session has ended.').waitFor()
    await other.reload()
    await other.getByRole('heading', { name: 'Welcome back' }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You are logged out.').waitFor()
  })

  test('who was never confirmed is told so, and sees no hashes', async () => {
    const page = await open()
    await logIn(page, 'tom@example.com')
    await page.locator('#berths').getByText('Yours is not confirmed.').waitFor()
    expect(await page.locator('#hashes').isVisible()).toBe(false)
  })

  test.each(['rico', 'ines'])('%s is refused', async (login) => {
    const page = await open()
    await logIn(page, login)
    await page.getByText('Incorrect username or password').waitFor()
  })

  test('somebody new registers into the old table', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Register' }).click()
    const form = page.locator('#register')
    await form.getByLabel('E-mail').fill('nina@example.com')
    await form.getByLabel('Login').fill('nina')
    await form.getByLabel('Password').fill('a mast and two sails')
    await form.getByRole('button').click()
    await form.getByText('Must not be empty.').waitFor()
    await form.getByLabel('Full name').fill('Nina Holt')
    await form.getByRole('button').click()
    await page.getByText('Your account is ready.').waitFor()
    await page.locator('#login').getByLabel('Password').fill('a mast and two sails')
    await page.locator('#login').getByRole('button').click()
    await page.getByRole('heading', { name: 'Hello, Nina Holt' }).waitFor()
  })

  test('fits a phone, and needs nothing inline and nothing from elsewhere', async () => {
    const page = await open(360)
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.reload()
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
    expect(await overflow()).toBeLessThanOrEqual(0)
    await logIn(page, 'Jonas')
    await page.locator('#berths').getByText('Marta Lind').waitFor()
    expect(await overflow()).toBeLessThanOrEqual(0)
    expect(complaints.filter((text) => !/status of 40[13]/.test(text))).toEqual([])
  })

  test('a signal ends the server', async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })
})
