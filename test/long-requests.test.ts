/**
 * A request that goes on for hours is asked anew. The functions are those of the documentation.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bearer, memoryStorage, session, sudo, type Transport } from 'crudauth'
import type { HonoAuth } from 'crudauth/hono'
import { eq } from 'drizzle-orm'
import type { Context, Hono } from 'hono'
import { defineWebSocketHelper, type WSEvents } from 'hono/ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, members, type World, type WorldConfig, world } from './support/world.ts'

const folder = mkdtempSync(join(import.meta.dirname, 'sample-'))
let news: (auth: HonoAuth, c: Context, next: () => Promise<string>, everyMs?: number) => Response
let chat: (auth: HonoAuth, upgrade: unknown) => Hono

beforeAll(async () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/long-requests.md'), 'utf8')
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const samples: Record<string, unknown> = {}
  for (const [index, code] of blocks.entries()) {
    const file = join(folder, `sample-${index}.ts`)
    writeFileSync(file, code)
    Object.assign(samples, await import(file))
  }
  ;({ news, chat } = samples as never)
})
afterAll(() => rmSync(folder, { recursive: true }))

const made = (config: WorldConfig = {}) =>
  world({
    transports: [session(), bearer({ refresh: 'body' })],
    features: [sudo({ route: true })],
    ...config,
  })

const callOf = (headers: Record<string, string>) =>
  ({ req: { raw: new Request('https://app.example.com/', { headers }) }, env: {} }) as never

async function loggedIn(application: World) {
  const ann = await application.member()
  const client = await application.loggedIn(ann)
  const tokens = await json(
    await application.browser().post('/token', { username: ann.username, password: ann.password }),
  )
  const bySession = callOf({ cookie: `__Host-session_id=${client.sessionId}` })
  const byToken = callOf({ authorization: `Bearer ${String(tokens['access_token'])}` })
  return { ann, client, tokens, bySession, byToken }
}

describe('auth.recheck', () => {
  test('finds the row as it is by now', async () => {
    const application = made()
    const { ann, bySession } = await loggedIn(application)
    const { auth, db } = application
    expect((await auth.authenticate(bySession)).user.displayName).toBe('somebody')
    await db.update(members).set({ displayName: 'Ann' }).where(eq(members.id, ann.id))
    expect((await auth.recheck(bySession))?.user.displayName).toBe('Ann')
    // The request goes on with what was found.
    expect((await auth.authenticate(bySession)).user.displayName).toBe('Ann')
  })

  test('follows a session through sudo and a change of password', async () => {
    const application = made()
    const { ann, client, bySession } = await loggedIn(application)
    const { auth } = application
    const before = await auth.authenticate(bySession)
    await client.post('/sudo', { password: ann.password })
    expect((await auth.recheck(bySession, { elevated: true }))?.login).toBe(before.login)
    const change = { current_password: ann.password, new_password: 'another horse, another day' }
    await client.post('/change-password', change)
    expect((await auth.recheck(bySession))?.login).toBe(before.login)
    await client.post('/logout')
    expect(await auth.recheck(bySession)).toBeNull()
  })

  const ends: Record<string, (of: World & Awaited<ReturnType<typeof loggedIn>>) => unknown> = {
    'the end of all credentials': ({ auth, ann }) => auth.users.endAll(ann.id),
    'a user who is disabled': ({ auth, ann }) => auth.users.disable(ann.id),
    'its logout': async ({ client, browser, tokens }) => {
      await client.post('/logout')
      await browser().post('/revoke', { token: tokens['refresh_token'] })
    },
    'its time': ({ clock }) => clock.advance(1801),
  }

  test.each(Object.keys(ends))('tells of %s', async (name) => {
    const application = made()
    const it = await loggedIn(application)
    const { auth } = application
    for (const call of [it.bySession, it.byToken]) expect(await auth.recheck(call)).not.toBeNull()
    await ends[name]?.({ ...application, ...it })
    for (const call of [it.bySession, it.byToken]) expect(await auth.recheck(call)).toBeNull()
  })

  test('is no activity of a session', async () => {
    const application = made()
    const { bySession } = await loggedIn(application)
    await application.auth.authenticate(bySession)
    for (let n = 0; n < 29; n++) {
      application.clock.advance(60)
      expect(await application.auth.recheck(bySession)).not.toBeNull()
    }
    application.clock.advance(61)
    expect(await application.auth.recheck(bySession)).toBeNull()
  })

  test('asks the gate again, and a transport of one’s own', async () => {
    const keys = new Set(['right'])
    const badge: Transport = {
      name: 'badge',
      async authenticate(context) {
        if (!keys.has(context.request.headers.get('x-badge') ?? '')) return null
        const user = await context.resolveUser(1)
        return user && context.principal(user, { transport: 'badge' })
      },
    }
    const { auth, member, db } = made({ transports: [session(), badge] })
    await member()
    await db.update(members).set({ isSuperuser: true })
    const call = callOf({ 'x-badge': 'right' })
    expect(await auth.recheck(call, { superuser: true })).not.toBeNull()
    await db.update(members).set({ isSuperuser: false })
    expect(await auth.recheck(call, { superuser: true })).toBeNull()
    expect(await auth.recheck(call)).not.toBeNull()
    keys.clear()
    expect(await auth.recheck(call)).toBeNull()
  })

  test('throws where nobody can tell', async () => {
    const storage = memoryStorage()
    const application = made({ storage })
    const { bySession, byToken } = await loggedIn(application)
    const { auth } = application
    for (const call of [bySession, byToken]) await auth.authenticate(call)
    storage.get = async () => {
      throw new Error('connection lost')
    }
    for (const call of [bySession, byToken]) {
      await expect(auth.recheck(call)).rejects.toMatchObject({ code: 'storage_unavailable' })
    }
  })
})

describe('The documentation', () => {
  test('ends a stream of events with the login', async () => {
    const application = made()
    const { app, auth } = application
    let sent = 0
    const next = async () => {
      if (++sent === 3) await client.post('/logout')
      return `news ${sent}`
    }
    app.get('/news', auth.guard(), (c) => news(auth as never, c, next, 0))
    const client = await application.loggedIn(await application.member())
    expect(await (await client.get('/news')).text()).toBe('data: news 1\n\ndata: news 2\n\n')
  })

  test('closes a WebSocket with the login', async () => {
    const application = made()
    let events: WSEvents = {}
    const upgrade = defineWebSocketHelper((c, given) => {
      events = given
      return c.body(null, 204)
    })
    application.app.route('/', chat(application.auth as never, upgrade as never))
    const client = await application.loggedIn(await application.member())
    await client.get('/chat')
    const got: unknown[] = []
    const socket = {
      send: (text: string) => got.push(text),
      close: (code: number) => got.push(code),
    }
    const say = (data: string) => events.onMessage?.({ data } as never, socket as never)
    await say('hello')
    await client.post('/logout')
    await say('hello?')
    expect(got).toEqual(['1: hello', 4401])
  })
})
