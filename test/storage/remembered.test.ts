/**
 * What a storage remembers for longer than it was asked to, or has of another application or
 * tenant, opens nothing and keeps nobody out.
 *
 * The storage here goes by the real clock, and the application by one that the tests move.
 */
import Database from 'better-sqlite3'
import {
  bearer,
  memoryStorage,
  type Principal,
  type Recovery,
  recovery,
  type Storage,
  session,
  sudo,
} from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { type OAuth, oidc } from 'crudauth/oauth'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { application } from '../support/application.ts'
import type { Browser } from '../support/browser.ts'
import { createTable } from '../support/create-table.ts'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { oauthWorld, peopleTable } from '../support/oauth.ts'
import { frontendUrl, recoveryWorld, tokenOf } from '../support/recovery.ts'
import { json, type WorldConfig } from '../support/world.ts'

const bob = { email: 'bob@example.com', username: 'bob', password: 'correct horse battery' }
const secrets = ['one', 'another'].map((which) => `${which} secret for tests, of 32 bytes or more`)
const [secret = '', anotherSecret = ''] = secrets
const invited = { registration: { mode: 'invited' } } as WorldConfig

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
afterAll(() => provider.close())

describe('Of links and codes in messages', () => {
  test('a place whose link has ended is free', async () => {
    const made = recoveryWorld({}, { storage: memoryStorage() })
    await made.member()
    for (const _ of [1, 2, 3]) await made.ask(made.browser(), 'reset')
    expect(made.inbox.messages).toHaveLength(2)
    made.clock.advance(3601)
    const client = made.browser()
    await made.ask(client, 'reset')
    expect(made.inbox.messages).toHaveLength(3)
  })

  test('a code has its time, also where whoever asked has longer for the link', async () => {
    const made = recoveryWorld({ signIn: true, codes: {} }, { storage: memoryStorage() })
    await made.member()
    const client = made.browser()
    const type = () =>
      client.post('/recovery/sign-in-code', { code: made.inbox.messages.at(-1)?.code })
    await made.ask(client, 'sign-in')
    made.clock.advance(601)
    expect(await json(await type())).toMatchObject({ code: 'recovery_code_invalid' })
    expect(client.sessionId).toBeUndefined()
  })

  test('an invitation ends in time', async () => {
    const made = recoveryWorld({}, { ...invited, storage: memoryStorage() })
    const { token } = await made.auth.invitations.create({ address: bob.email, handOver: true })
    made.clock.advance(7 * 86_400)
    const late = await made.browser().post('/register', { ...bob, invitation: token })
    expect([late.status, await json(late)]).toMatchObject([400, { code: 'invitation_invalid' }])
  })

  test('an invitation is of one application, even where another has storage and namespace in common', async () => {
    const storage = memoryStorage()
    const one = recoveryWorld({}, { ...invited, storage, secret })
    const other = recoveryWorld({}, { ...invited, storage, secret: anotherSecret })
    const address = bob.email
    const { token } = await one.auth.invitations.create({ address, handOver: true })
    const body = { ...bob, invitation: token }
    expect((await other.browser().post('/register', body)).status).toBe(400)
    expect((await one.browser().post('/register', body)).status).toBe(200)
  })

  test('an invitation outlives the first change of the secret, and not the second', async () => {
    const storage = memoryStorage()
    const start = (...given: string[]) =>
      recoveryWorld({}, { ...invited, storage, secret: given } as WorldConfig)
    const address = bob.email
    const { token } = await start(secret).auth.invitations.create({ address, handOver: true })
    const body = { ...bob, invitation: token }
    const status = async (...given: string[]) =>
      (
        await start(...given)
          .browser()
          .post('/register', body)
      ).status
    expect(await status(anotherSecret)).toBe(400)
    expect(await status(anotherSecret, secret)).toBe(200)
  })

  test('a code outlives the first change of the secret, and not the second', async () => {
    const storage = memoryStorage()
    const start = (...given: string[]) =>
      recoveryWorld({ codes: {} }, { storage, secret: given } as WorldConfig)
    const before = start(secret)
    await before.member()
    const { receipt } = await json(await before.ask(before.browser(), 'reset'))
    const code = before.inbox.messages.at(-1)?.code
    const body = { receipt, code, new_password: 'another horse, another battery' }
    const confirm = async (...given: string[]) => {
      const after = start(...given)
      after.sqlite.exec('delete from members')
      const row = before.sqlite.prepare('select * from members').get() as Record<string, unknown>
      const names = Object.keys(row)
      after.sqlite
        .prepare(`insert into members (${names}) values (${names.map(() => '?')})`)
        .run(...Object.values(row))
      return (await after.confirm(after.browser(), 'reset', body)).status
    }
    expect(await confirm(anotherSecret)).toBe(400)
    expect(await confirm(anotherSecret, secret)).toBe(200)
  })
})

test('who asked for a link in one tenant is a stranger to the links of another', async () => {
  const people = sqliteTable(
    'people',
    {
      ...authUserColumns({ identifiers: [], oauth: false }),
      email: text().notNull(),
      organisation: text().notNull(),
    },
    (table) => [unique().on(table.organisation, table.email)],
  )
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const inbox = testInbox()
  const { auth, browser } = application({
    users: drizzleUsers(drizzle(sqlite), people, { tenant: 'organisation' }) as never,
    tenant: (request: Request) => request.headers.get('x-tenant') ?? '',
    registration: { answers: 'plain' },
    features: [
      recovery({ channels: [inbox], frontendUrl, signIn: true, verifyNewAccounts: false }),
    ],
  } as never)
  const { email, password } = bob
  const post = async (client: Browser, tenant: string, path: string, body: object) => {
    const response = await client.post(path, body, { headers: { 'x-tenant': tenant } })
    await auth.settled()
    return response
  }
  for (const tenant of ['one', 'two']) {
    expect((await post(browser(), tenant, '/register', { email, password })).status).toBe(200)
  }
  const client = browser()
  await post(client, 'one', '/recovery/sign-in-request', { email })
  await post(browser(), 'two', '/recovery/sign-in-request', { email })
  const token = tokenOf(inbox.messages.at(-1) as never)
  expect((await post(client, 'one', '/recovery/sign-in-confirm', { token })).status).toBe(400)
  const opened = await post(client, 'two', '/recovery/sign-in-confirm', { token })
  expect(await json(opened)).toMatchObject({ code: expect.stringMatching(/^\d{6}$/) })
  expect(client.sessionId).toBeUndefined()
})

test('a confirmation by message has five minutes', async () => {
  const holder: { auth?: { readonly recovery: Recovery } } = {}
  const made = recoveryWorld(
    { signIn: true, confirmations: true },
    { storage: memoryStorage() },
    {},
    [
      sudo({
        route: true,
        withoutPassword: (principal) => holder.auth?.recovery.confirmed(principal) ?? false,
      }),
    ],
  )
  holder.auth = made.auth
  await made.member()
  const client = made.browser()
  await made.ask(client, 'sign-in')
  await made.confirm(client, 'sign-in', { token: await made.token() })
  const confirm = async () => {
    await client.post('/recovery/identity-request')
    await made.auth.settled()
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    expect((await client.post('/recovery/identity-confirm', { token })).status).toBe(200)
  }
  const elevates = async () => (await client.post('/sudo', {})).status === 200
  await confirm()
  made.clock.advance(301)
  expect(await elevates()).toBe(false)
  await confirm()
  expect(await elevates()).toBe(true)
})

describe('Of a way to a provider', () => {
  const start = (storage: Storage, secret: string[], table = peopleTable()) => {
    const { issuer } = provider
    const demo = oidc({ issuer, clientId: 'shop', onPrivateNetwork: true, audiences: ['ios'] })
    const transports = [session(), bearer({ refresh: 'body' })]
    return oauthWorld({ demo }, { table, config: { storage, secret, transports } as never })
  }
  type World = ReturnType<typeof start>
  const begin = async ({ leave }: World, client: Browser) => {
    const query = new URL(await leave(client)).searchParams
    provider.claims = { nonce: query.get('nonce') }
    const answer = { code: 'c', state: query.get('state') ?? '', iss: provider.issuer }
    return `/oauth/demo/callback?${new URLSearchParams(answer)}`
  }
  /** In another process, with the cookies of this browser. */
  const goesOn = async ({ browser }: World, client: Browser, way: string) => {
    const other = browser()
    for (const [name, cookie] of client.jar) other.jar.set(name, cookie)
    return (await other.get(way)).status
  }

  test('the way back has ten minutes', async () => {
    const world = start(memoryStorage(), [secret])
    const client = world.browser()
    const way = await begin(world, client)
    world.clock.advance(601)
    expect((await client.get(way)).status).toBe(400)
    expect((await client.get(await begin(world, client))).status).toBe(307)
  })

  test('the way back is of one application', async () => {
    const storage = memoryStorage()
    const world = start(storage, [secret])
    const client = world.browser()
    const way = await begin(world, client)
    expect(await goesOn(start(storage, [anotherSecret]), client, way)).toBe(400)
    expect((await client.get(way)).status).toBe(307)
  })

  test('the way back outlives the first change of the secret', async () => {
    const storage = memoryStorage()
    const world = start(storage, [secret])
    const client = world.browser()
    const way = await begin(world, client)
    expect(await goesOn(start(storage, [anotherSecret, secret]), client, way)).toBe(307)
  })

  test('a confirmation has five minutes, and says that the person was asked just now', async () => {
    const holder: { auth?: { readonly oauth: OAuth } } = {}
    const withoutPassword = (principal: Principal) =>
      holder.auth?.oauth.confirmed(principal) ?? false
    const { issuer } = provider
    const demo = oidc({ issuer, clientId: 'shop', onPrivateNetwork: true })
    const others = [sudo({ route: true, withoutPassword })]
    const world = oauthWorld({ demo }, { others, config: { storage: memoryStorage() } })
    holder.auth = world.auth
    const client = world.browser()
    await client.get(await begin(world, client))
    const confirm = async (ago: number) => {
      const url = (await json(await client.post('/oauth/demo/confirm')))['authorization_url']
      const query = new URL(String(url)).searchParams
      const auth_time = Math.floor(world.clock.now / 1000) - ago
      provider.claims = { nonce: query.get('nonce'), auth_time }
      const answer = { code: 'c', state: query.get('state') ?? '', iss: issuer }
      await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
    }
    const elevates = async () => (await client.post('/sudo', {})).status === 200
    await confirm(3600)
    expect(await elevates()).toBe(false)
    await confirm(10)
    expect(await elevates()).toBe(true)
    await confirm(10)
    world.clock.advance(301)
    expect(await elevates()).toBe(false)
  })

  test('a nonce for an application has ten minutes, and is of one application', async () => {
    const verifier = 'v'.repeat(43)
    const storage = memoryStorage()
    const world = start(storage, [secret])
    const nonce = async () => {
      const asked = { code_challenge: sha256(verifier) }
      return String((await json(await world.browser().post('/oauth/demo/nonce', asked)))['nonce'])
    }
    const signIn = async (from: World, given: string) => {
      const now = Math.floor(from.clock.now / 1000)
      provider.claims = { nonce: given, aud: 'ios', iat: now, exp: now + 60 }
      const answer = await fetch(`${provider.issuer}/token`)
      const { id_token } = (await answer.json()) as { id_token: string }
      const body = { id_token, nonce: given, code_verifier: verifier }
      return (await from.browser().post('/oauth/demo/token', body)).status
    }
    expect(await signIn(start(storage, [anotherSecret]), await nonce())).toBe(400)
    expect(await signIn(start(storage, [anotherSecret, secret]), await nonce())).toBe(200)
    const late = await nonce()
    world.clock.advance(601)
    expect(await signIn(world, late)).toBe(400)
    expect(await signIn(world, await nonce())).toBe(200)
  })
})
