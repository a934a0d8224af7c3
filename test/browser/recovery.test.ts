/**
 * Every way back in, as a person clicks through it: the message is opened at the development inbox.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser, logIn, type Person, post, startExample } from './example.ts'

const phone = { width: 390, height: 844 }

describe.skipIf(!hasBrowser)('The way back in of the example', () => {
  let browser: Browser
  let example: ChildProcess
  let url: string
  let inbox: string
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-recovery-'))

  beforeAll(async () => {
    ;({ child: example, url, inbox } = await startExample(join(folder, 'app.sqlite')))
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    example?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A browser of its own, on which nothing may be wider than the screen. */
  async function open(path = '/', viewport = { width: 1100, height: 800 }): Promise<Page> {
    const page = await (await browser.newContext({ viewport })).newPage()
    await page.goto(url + path)
    return page
  }

  /** Opens the latest message to somebody, in this browser. */
  async function openMessage(page: Page, to: string, kind: string): Promise<void> {
    const message = page.locator('article', { hasText: `To ${to}` }).first()
    // It leaves after the answer.
    for (;;) {
      await page.goto(inbox)
      const latest = (await message.count()) > 0 ? await message.textContent() : ''
      if (latest?.includes(kind)) break
    }
    await message.getByRole('link').click()
    const overflow = () => document.documentElement.scrollWidth - window.innerWidth
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0)
  }

  async function ask(page: Page, what: string, email: string): Promise<void> {
    await page.goto(`${url}/help`)
    await page.getByLabel(what).check()
    await page.getByLabel('E-mail', { exact: true }).fill(email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.locator('#ask-status.good').waitFor()
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click()
  const says = (page: Page, text: string) => page.locator('#status', { hasText: text }).waitFor()
  const greets = (page: Page) => page.getByRole('heading', { name: 'Hello' }).waitFor()

  async function registered(name: string): Promise<Person> {
    const person = {
      email: `${name}@example.com`,
      username: name,
      password: 'correct horse battery',
    }
    expect((await post(`${url}/register`, person)).status).toBe(202)
    return person
  }

  test('register and click in one browser: the address is verified, and nothing else is asked', async () => {
    const page = await open()
    await press(page, 'Register')
    const form = page.locator('#register')
    await form.getByLabel('E-mail').fill('bob@example.com')
    await form.getByLabel('Username').fill('bob')
    await form.getByLabel('Password').fill('a longer password')
    await form.getByRole('button').click()
    await page.locator('#login-status.good').waitFor()
    await openMessage(page, 'bob@example.com', 'verify_email')
    await press(page, 'Verify')
    await says(page, 'Verified successfully.')
    expect(page.url()).not.toContain('token')
    await page.getByRole('link', { name: 'Go on' }).click()
    await logIn(page, { email: '', username: 'bob', password: 'a longer password' })
    await greets(page)
    expect(await page.locator('#unverified').isVisible()).toBe(false)
  })

  test('register on the laptop, click on the phone, go on at the laptop; then change the address, and undo it', async () => {
    const cleo = await registered('cleo')
    const laptop = await open()
    await logIn(laptop, cleo)
    await greets(laptop)
    await press(laptop, 'Send the link again')
    await laptop.locator('#status.good').waitFor()
    const handset = await open('/', phone)
    await openMessage(handset, cleo.email, 'verify_email')
    await press(handset, 'Verify')
    const known = handset.locator('#verify-known')
    await known.getByLabel('The password that you chose').fill(cleo.password)
    await known.getByRole('button').click()
    await says(handset, 'Verified successfully.')
    await laptop.reload()
    await greets(laptop)
    expect(await laptop.locator('#unverified').isVisible()).toBe(false)

    await laptop.getByText('Change your e-mail address').click()
    await laptop.getByLabel('New e-mail address').fill('cleo@example.org')
    await laptop.locator('#change').getByLabel('Your password').fill(cleo.password)
    await press(laptop, 'Send a link there')
    await laptop.locator('#status.good').waitFor()
    await openMessage(handset, 'cleo@example.org', 'change_email')
    await press(handset, 'Confirm')
    await says(handset, 'Email changed successfully.')
    await laptop.reload()
    await laptop.getByText('cleo@example.org').first().waitFor()

    await openMessage(handset, cleo.email, 'email_changed')
    await press(handset, 'Freeze the account')
    await says(handset, 'The account is frozen.')
    await laptop.reload()
    await laptop.getByRole('heading', { name: 'Welcome back' }).waitFor()
    await logIn(laptop, cleo)
    await laptop.locator('#login-status', { hasText: 'Incorrect' }).waitFor()
    await openMessage(handset, cleo.email, 'account_frozen')
    await press(handset, 'I agree')
    await says(handset, 'The other address has to agree as well.')
    await openMessage(handset, 'cleo@example.org', 'account_frozen')
    await press(handset, 'I agree')
    await says(handset, 'The account is open.')
  })

  test('a forgotten password is replaced', async () => {
    const dora = await registered('dora')
    const page = await open('/', phone)
    await page.getByRole('link', { name: 'Trouble logging in?' }).click()
    await ask(page, 'choose a new password', dora.email)
    await openMessage(page, dora.email, 'reset_password')
    await page.locator('#reset').getByLabel('New password').fill('short')
    await press(page, 'Set the password')
    await page.getByText('Must have at least 8 characters.').waitFor()
    await page.locator('#reset').getByLabel('New password').fill('another horse battery')
    await press(page, 'Set the password')
    await says(page, 'Password reset successfully.')
    await page.getByRole('link', { name: 'Go on' }).click()
    await logIn(page, { ...dora, password: 'another horse battery' })
    await greets(page)
  })

  test('a link signs in the browser that asked; elsewhere it shows a code for there', async () => {
    const page = await open()
    await ask(page, 'sign in without it', 'dora@example.com')
    await openMessage(page, 'dora@example.com', 'sign_in')
    await press(page, 'Sign in')
    await greets(page)

    const laptop = await open()
    await ask(laptop, 'sign in without it', 'dora@example.com')
    const handset = await open('/', phone)
    await openMessage(handset, 'dora@example.com', 'sign_in')
    await press(handset, 'Sign in')
    await handset.locator('#code-shown:not(:empty)').waitFor()
    await laptop.getByLabel('Code').fill((await handset.locator('#code-shown').textContent()) ?? '')
    await laptop.locator('#code').getByRole('button').click()
    await greets(laptop)
    await handset.goto(url)
    await handset.getByRole('heading', { name: 'Welcome back' }).waitFor()
  })

  test('a name that is taken is chosen anew, by the link of the message', async () => {
    const again = { email: 'dora@example.net', username: 'dora', password: 'correct horse battery' }
    expect((await post(`${url}/register`, again)).status).toBe(202)
    const page = await open('/', phone)
    await openMessage(page, again.email, 'username_taken')
    const form = page.locator('#name')
    await form.getByLabel('Username').fill('cleo')
    await form.getByLabel('Password').fill('a third horse battery')
    await press(page, 'Create account')
    await page.getByText('Username already taken').waitFor()
    await form.getByLabel('Username').fill('dora2')
    await press(page, 'Create account')
    await says(page, 'Your account is ready.')
    await page.getByRole('link', { name: 'Go on' }).click()
    await logIn(page, { ...again, username: 'dora2', password: 'a third horse battery' })
    await greets(page)
    expect(await page.locator('#unverified').isVisible()).toBe(false)
  })

  test('a link that is used up says so', async () => {
    const page = await open('/unlock#token=used')
    await press(page, 'Unlock')
    await page.locator('#status.bad', { hasText: 'Invalid or expired' }).waitFor()
    await page.getByRole('link', { name: 'Ask for another one' }).click()
    await page.getByRole('heading', { name: 'Trouble logging in?' }).waitFor()
  })

  test('the inbox is not there without its key', async () => {
    const response = await fetch(`${url}/development-inbox`)
    expect(response.status).toBe(404)
  })

  test('in production the example does not start with a development inbox', async () => {
    const env = {
      ...process.env,
      NODE_ENV: 'production',
      AUTH_SECRET: 'a secret for tests, thirty-two bytes or more',
      DATABASE_URL: join(folder, 'production.sqlite'),
    }
    const options: SpawnOptions = { env, stdio: ['ignore', 'ignore', 'pipe'] }
    const child = spawn(process.execPath, ['examples/hono-sqlite/server.ts'], options)
    let told = ''
    child.stderr?.on('data', (chunk) => {
      told += String(chunk)
    })
    const [code] = await once(child, 'close')
    expect(code).not.toBe(0)
    expect(told).toContain('channels: [email(sender)]')
  })

  // The last one: what it guesses is counted against the address that all come from.
  test('six wrong passwords lock the account, and who reads the mailbox opens it', async () => {
    const emil = await registered('emil')
    const page = await open()
    for (let n = 0; n < 6; n++) {
      await logIn(page, { ...emil, password: `wrong ${n}` })
      const expected = n < 5 ? 'Incorrect username or password' : 'Too many login attempts'
      await page.locator('#login-status', { hasText: expected }).waitFor()
    }
    await ask(page, 'after too many wrong', emil.email)
    await openMessage(page, emil.email, 'unlock')
    await press(page, 'Unlock')
    await says(page, 'Unlocked. Log in now.')
    await page.getByRole('link', { name: 'Go on' }).click()
    await logIn(page, emil)
    await greets(page)
  })
})
