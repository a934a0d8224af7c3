/**
 * What the tests of the example share: the server as a process, a browser, a person at the page.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
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
  /** Where messages can be read; empty where the example has no such page. */
  readonly inbox: string
}

/** Links in messages have the port, so it is chosen before the example starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Starts an example on a free port and a new database. */
export async function startExample(
  database: string,
  folder: 'hono-sqlite' | 'existing-table' = 'hono-sqlite',
): Promise<RunningExample> {
  const port = await freePort()
  const child = spawn(process.execPath, [`examples/${folder}/server.ts`], {
    env: {
      ...process.env,
      AUTH_SECRET: 'a secret for tests, thirty-two bytes or more',
      DATABASE_URL: database,
      PORT: String(port),
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
  const inbox = /http:\S+\/development-inbox\?key=\S+/.exec(printed)?.[0] ?? ''
  return { child, url, printed, inbox }
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
