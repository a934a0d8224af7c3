/**
 * Bun and Deno: what the documentation names besides Node. One application, as a process of its
 * own, asked over HTTP.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@redis/client'
import { authUserColumns } from 'crudauth/drizzle/postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Browser } from '../support/browser.ts'
import { tableStatements } from '../support/create-table.ts'
import { isReachable, postgres, postgresUrl, redis, redisUrl } from '../support/services.ts'

const packages = join(import.meta.dirname, '../../integration/runtimes/node_modules')
const machine = `${process.platform}-${process.arch}`
const runtimes = [
  ['Bun', join(packages, `@oven/bun-${machine.replace('arm64', 'aarch64')}/bin/bun`), []],
  [
    'Deno',
    join(packages, `@deno/${machine}${process.platform === 'linux' ? '-glibc' : ''}/deno`),
    ['run', '--allow-all', '--no-check'],
  ],
] as const
const hasServices = (await isReachable(postgres)) && (await isReachable(redis))
const isInstalled = runtimes.every(([, program]) => existsSync(program))
if (!isInstalled && process.env['CI'] === 'true') {
  throw new Error('install the runtimes: npm ci --prefix integration/runtimes --ignore-scripts')
}

interface Told {
  readonly url?: string
  readonly printed?: string
  readonly event?: string
  readonly address?: string | null
}

describe.runIf(hasServices && isInstalled).each(runtimes)('%s', (_, program, args) => {
  const name = `runtime_${randomBytes(4).toString('hex')}`
  const pool = new Pool({ connectionString: postgresUrl, max: 1 })
  const told: Told[] = []
  const wrongs: string[] = []
  let child: ChildProcess
  let origin = ''

  const find = <Field extends keyof Told>(field: Field, like: RegExp) =>
    vi.waitFor(
      () => {
        const found = told.map((one) => String(one[field] ?? '')).findLast((one) => like.test(one))
        if (found === undefined) throw new Error(`nothing like ${like}: ${wrongs.join('\n')}`)
        return found
      },
      { timeout: 20_000 },
    )
  const browser = () =>
    new Browser(
      (request) => {
        const { pathname, search } = new URL(request.url)
        return fetch(new Request(origin + pathname + search, request))
      },
      { origin: 'http://localhost' },
    )
  const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
  const logIn = async (password: string, client = browser()) => ({
    client,
    answer: await client.post('/login', { username: 'ann', password }),
  })
  const token = async (kind: string) =>
    /#token=([\w-]+)/.exec(await find('printed', new RegExp(kind)))?.[1] ?? ''

  beforeAll(async () => {
    for (const statement of tableStatements(pgTable(name, authUserColumns()))) {
      await pool.query(statement)
    }
    child = spawn(program, [...args, join(import.meta.dirname, 'application.ts')], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        USERS_TABLE: name,
        POSTGRES_URL: postgresUrl,
        REDIS_URL: redisUrl,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (!child.stdout || !child.stderr) throw new Error('no output')
    createInterface(child.stdout).on('line', (line) => told.push(JSON.parse(line) as Told))
    createInterface(child.stderr).on('line', (line) => wrongs.push(line))
    origin = await find('url', /^http/)
  })

  afterAll(async () => {
    child.kill('SIGKILL')
    await pool.query(`drop table ${name}`)
    await pool.end()
    const client = createClient({ url: redisUrl })
    await client.connect()
    for await (const keys of client.scanIterator({ MATCH: `${name}*` })) {
      if (keys.length > 0) await client.unlink(keys)
    }
    client.destroy()
  })

  test('people register, verify their address, log in, and are known by cookie', async () => {
    const newcomer = browser()
    expect((await newcomer.post('/register', ann)).status).toBe(202)
    const body = { token: await token('verify') }
    const verified = await newcomer.post('/recovery/verify-confirm', body)
    expect([verified.status, await verified.text()]).toEqual([200, expect.anything()])
    const { client, answer } = await logIn(ann.password)
    expect(answer.status).toBe(200)
    expect(await (await client.get('/me')).json()).toMatchObject({ username: 'ann' })
    expect((await client.get('/secret')).status).toBe(200)
    expect((await client.post('/logout', {}, { csrf: false })).status).toBe(403)
    expect((await client.post('/logout')).status).toBe(200)
    expect((await client.get('/me')).status).toBe(401)
  })

  test('tokens are issued, taken, refreshed and revoked', async () => {
    const given = await browser().post('/token', { username: 'ann', password: ann.password })
    const { access_token, refresh_token } = (await given.json()) as Record<string, string>
    const me = (bearer: string | undefined) =>
      browser().get('/me', { headers: { authorization: `Bearer ${bearer}` } })
    expect((await me(access_token)).status).toBe(200)
    expect((await me(`${access_token?.slice(0, -4)}AAAA`)).status).toBe(401)
    const refreshed = await browser().post('/refresh', { refresh_token })
    expect(refreshed.status).toBe(200)
    const { refresh_token: next } = (await refreshed.json()) as Record<string, string>
    expect((await browser().post('/revoke', { token: next })).status).toBe(200)
    expect((await browser().post('/refresh', { refresh_token: next })).status).toBe(401)
  })

  test('a reset ends what there was', async () => {
    const { client } = await logIn(ann.password)
    await browser().post('/recovery/reset-request', { email: ann.email })
    const reset = await browser().post('/recovery/reset-confirm', {
      token: await token('reset'),
      new_password: 'another horse battery',
    })
    expect(reset.status).toBe(200)
    expect((await client.get('/me')).status).toBe(401)
    expect((await logIn(ann.password)).answer.status).toBe(401)
    expect((await logIn('another horse battery')).answer.status).toBe(200)
  })

  test('whoever guesses is locked out, by the address that the runtime gives', async () => {
    const guesses = Array.from({ length: 12 }, (_unused, n) => logIn(`wrong ${n}`))
    const statuses = (await Promise.all(guesses)).map(({ answer }) => answer.status)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    await find('event', /login\.failed/)
    const failed = told.filter(({ event }) => event === 'login.failed')
    expect(new Set(failed.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']))
  })

  test('nothing keeps a process that was told to end', async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(wrongs.filter((line) => /error/i.test(line))).toEqual([])
  })
})
