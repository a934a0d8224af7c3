/**
 * What the tests of the example share: the server as a process, a browser, a person at the page.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether to run: with `CI` a missing browser is a failure. */
export const hasBrowser: boolean = existsSync(executablePath) || Boolean(process.env['CI'])

if (!hasBrowser) {
  console.warn(`skipped: there is no browser at ${executablePath}; install Debian's chromium`)
}

/** Without these a browser on a machine without internet keeps calling home. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags })
}

export interface RunningExample {
  readonly child: ChildProcess
  readonly url: string
  readonly printed: string
}

/** Starts an example on a free port and a new database. */
export async function startExample(
  database: string,
  folder: 'hono-sqlite' | 'existing-table' = 'hono-sqlite',
): Promise<RunningExample> {
  const child = spawn(process.execPath, [`examples/${folder}/server.ts`], {
    env: {
      ...process.env,
      AUTH_SECRET: 'a secret for tests, thirty-two bytes or more',
      DATABASE_URL: database,
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const printed = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes('README')) resolve(text)
    })
    child.once('exit', (code) => reject(new Error(`the example ended with ${code}: ${text}`)))
  })
  const url = /Listening on (\S+)/.exec(printed)?.[1]
  if (!url) throw new Error(`the example does not say where it listens: ${printed}`)
  return { child, url, printed }
}

export interface Person {
  readonly email: string
  readonly username: string
  readonly password: string
}

export const ann: Person = {
  email: 'ann@example.com',
  username: 'ann',
  password: 'correct horse battery',
}

/** Sends JSON from outside any browser. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Fills in the form of the page, and sends it. */
export async function logIn(page: Page, person = ann, remember = false): Promise<void> {
  const form = page.locator('#login')
  await form.getByLabel('Username or e-mail').fill(person.username)
  await form.getByLabel('Password').fill(person.password)
  if (remember) await form.getByLabel('Keep me logged in').check()
  await form.getByRole('button').click()
}
