import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { honoAuth, session } from 'crudauth/hono'
import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import { secret, users, world } from './support/world.ts'

// Everything below, the adapter included, runs over the oldest Hono that is promised.
vi.mock('hono', () => import('hono-oldest'))

const root = resolve(import.meta.dirname, '..')
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

test('the oldest Hono that is tested is the oldest that is promised', () => {
  const { version } = read('node_modules/hono-oldest/package.json')
  expect(read('package.json').peerDependencies.hono).toBe(`^${version}`)
  expect(version).not.toBe(read('node_modules/hono/package.json').version)
})

test('routes, gates and limits work in an application on it', async () => {
  const { db, member } = world()
  const auth = honoAuth({
    users: users(db),
    secret,
    transports: [session()],
    onEvent() {},
    peer: () => '192.0.2.1',
  })
  const app = new Hono()
    .use('/login', async (c, next) => {
      await c.req.json()
      await next()
    })
    .route('/', auth.router)
    .get('/inside', auth.currentUser(), (c) => c.json({ email: c.var.principal.user.email }))
    .get('/own', async (c) => c.json((await auth.authenticate(c)).transport))
    .get('/limited', auth.rateLimit('own', { times: 1, seconds: 60 }), (c) => c.text('in'))
  const { username, password, email } = await member()
  const login = await app.request('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  expect(login.status).toBe(200)
  const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0])
  const headers = { cookie: cookie.join('; ') }
  expect(await (await app.request('/inside', { headers })).json()).toEqual({ email })
  expect(await (await app.request('/own', { headers })).json()).toBe('session')
  for (const path of ['/inside', '/own']) {
    const refused = await app.request(path)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      401,
      'application/problem+json',
    ])
  }
  expect((await app.request('/limited')).status).toBe(200)
  expect((await app.request('/limited')).status).toBe(429)
})

test('the adapter and this file compile against its declarations', () => {
  const config = join(root, 'tsconfig.oldest-hono.json')
  const { paths } = read('tsconfig.test.json').compilerOptions
  const options = {
    extends: './tsconfig.test.json',
    compilerOptions: {
      paths: { ...paths, hono: ['./node_modules/hono-oldest/dist/types/index.d.ts'] },
    },
    include: [],
    files: ['src/frameworks/hono.ts', 'test/oldest-hono.test.ts'],
  }
  try {
    writeFileSync(config, JSON.stringify(options))
    const tsc = join(root, 'node_modules/.bin/tsc')
    const { stdout } = spawnSync(tsc, ['-p', config, '--listFiles'], {
      encoding: 'utf8',
      cwd: root,
    })
    const errors = stdout.split('\n').filter((line) => / error TS/.test(line))
    expect(errors.filter((line) => /hono/.test(line))).toEqual([])
    expect(stdout).toContain('node_modules/hono-oldest/dist/types/hono.d.ts')
    expect(stdout).not.toContain('node_modules/hono/dist/')
  } finally {
    rmSync(config)
  }
}, 120_000)
