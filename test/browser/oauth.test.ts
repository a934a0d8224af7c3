/**
 * Sign in with Demo ID, in a browser: a newcomer, an account that is there, linking and unlinking.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ann, hasBrowser, launchBrowser, logIn, post, startExample } from './example.ts'

describe.skipIf(!hasBrowser)('Sign in with Demo ID', () => {
  let browser: Browser
  let example: ChildProcess
  let url: string
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-oauth-'))

  beforeAll(async () => {
    ;({ child: example, url } = await startExample(join(folder, 'app.sqlite')))
    browser = await launchBrowser()
    expect((await post(`${url}/register`, ann)).status).toBe(202)
  })

  afterAll(async () => {
    await browser?.close()
    example?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    await page.goto(url)
    return page
  }

  const choose = (page: Page, name: string) => page.getByRole('link', { name }).click()

  test('a newcomer gets an account, and the same one the next time', async () => {
    for (const _ of [1, 2]) {
      const page = await open()
      await choose(page, 'Sign in with Demo ID')
      await choose(page, 'Ann Demo')
      await page.getByRole('heading', { name: 'Hello, ann_demo' }).waitFor()
      expect(await page.locator('#facts').textContent()).toContain('ann@demo.example')
      expect(await page.locator('#unverified').isHidden()).toBe(true)
      expect(new URL(page.url()).search).toBe('')
      const names = (await page.context().cookies(url)).map(({ name }) => name)
      expect(names.filter((name) => name.includes('oauth_state'))).toEqual([])
    }
  })

  test('who says no comes back, and is told so', async () => {
    const page = await open()
    await choose(page, 'Sign in with Demo ID')
    await choose(page, 'Nobody')
    await page.getByText('You did not sign in.').waitFor()
  })

  test('two tabs do not end each other', async () => {
    const first = await open()
    const second = await first.context().newPage()
    await second.goto(url)
    await choose(first, 'Sign in with Demo ID')
    await choose(second, 'Sign in with Demo ID')
    await choose(first, 'Ann Demo')
    await first.getByRole('heading', { name: 'Hello, ann_demo' }).waitFor()
    await choose(second, 'Ann Demo')
    await second.getByRole('heading', { name: 'Hello, ann_demo' }).waitFor()
  })

  test('somebody who has an account links it, signs in with it, and unlinks it', async () => {
    const page = await open()
    await logIn(page)
    await page.getByRole('heading', { name: 'Hello, ann' }).waitFor()
    await page.getByRole('button', { name: 'Link Demo ID' }).click()
    await choose(page, 'Bob Demo')
    await page.getByText('Demo ID: linked', { exact: true }).waitFor()

    const other = await open()
    await choose(other, 'Sign in with Demo ID')
    await choose(other, 'Bob Demo')
    await other.getByRole('heading', { name: 'Hello, ann', exact: true }).waitFor()

    await page.getByRole('button', { name: 'Unlink Demo ID' }).click()
    await page.getByText('Demo ID is unlinked.').waitFor()
    await page.getByText('Demo ID: not linked').waitFor()
  })

  test('the last way in stays', async () => {
    const page = await open()
    await choose(page, 'Sign in with Demo ID')
    await choose(page, 'Ann Demo')
    await page.getByRole('button', { name: 'Unlink Demo ID' }).click()
    await page.getByText('This is the only way into the account.').waitFor()
  })
})
