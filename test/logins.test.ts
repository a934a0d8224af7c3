/**
 * Every credential names its login, which stays the same for as long as the login does; and a token
 * names the application that made it.
 */
import { createHmac } from 'node:crypto'
import { apiKeys, bearer, type Principal, session, sudo, type Transport } from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import {
  database,
  json,
  members,
  secret,
  type World,
  type WorldConfig,
  world,
} from './support/world.ts'

const made = (config: WorldConfig = {}) =>
  world({
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
    features: [sudo({ route: true })],
    ...config,
  })

/** Who sends a request with these headers. */
const principalOf = ({ auth }: World, headers: Record<string, string>): Promise<Principal> => {
  const request = new Request('https://app.example.com/', { headers })
  return auth.authenticate({ req: { raw: request }, env: {} } as never)
}

const loginOf = async (application: World, headers: Record<string, string>) =>
  (await principalOf(application, headers)).login

const cookieOf = (client: Browser) => ({ cookie: `__Host-session_id=${client.sessionId}` })
const bearing = (token: unknown) => ({ authorization: `Bearer ${String(token)}` })

const claimsOf = (token: unknown) =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

function signed(claims: object) {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

async function tokensOf(application: World, name = 'ann') {
  const { username, password, id } = await application.member(name)
  const log = async () => json(await application.browser().post('/token', { username, password }))
  return { id, log, tokens: await log() }
}

describe('A login is named', () => {
  test('that of a session the same through sudo and a change of password', async () => {
    const application = made()
    const ann = await application.member()
    const client = await application.loggedIn(ann)
    const other = await application.loggedIn(ann)
    const login = await loginOf(application, cookieOf(client))
    expect(await loginOf(application, cookieOf(other))).not.toBe(login)

    const before = client.sessionId
    expect((await client.post('/sudo', { password: ann.password })).status).toBe(200)
    expect(client.sessionId).not.toBe(before)
    expect(await loginOf(application, cookieOf(client))).toBe(login)

    const change = { current_password: ann.password, new_password: 'another horse, another day' }
    expect((await client.post('/change-password', change)).status).toBe(200)
    expect(await loginOf(application, cookieOf(client))).toBe(login)
    const [listed] = await application.auth.sessions.list(ann.id)
    expect(listed?.login).toBe(login)
    expect(listed?.handle).not.toBe(login)
  })

  test('that of tokens the same however often they are renewed', async () => {
    const application = made()
    const { tokens, log } = await tokensOf(application)
    const login = await loginOf(application, bearing(tokens['access_token']))
    const { refresh_token } = tokens
    const next = await json(await application.browser().post('/refresh', { refresh_token }))
    expect(await loginOf(application, bearing(next['access_token']))).toBe(login)
    expect(claimsOf(next['access_token'])['sid']).toBe(login)
    const another = await log()
    expect(await loginOf(application, bearing(another['access_token']))).not.toBe(login)
  })

  test('that of a token of the Python original, which names none, by what it says', async () => {
    const application = made()
    const { id, tokens } = await tokensOf(application)
    const { ver, exp } = claimsOf(tokens['access_token'])
    const claims = { sub: String(id), ver, exp, scopes: [], token_type: 'access' }
    const of = (changes: object) => loginOf(application, bearing(signed({ ...claims, ...changes })))
    const login = await of({})
    expect(login).toMatch(/^[\w-]{43}$/)
    expect(await of({ iat: Number(exp) - 900 })).toBe(login)
    expect(await of({ exp: Number(exp) + 1 })).not.toBe(login)
  })

  test('and that of its refresh token, which stays, through all that it gets', async () => {
    const application = made({
      transports: [bearer({ refresh: 'body', rotateRefresh: false })],
      features: [],
    })
    const { id, tokens } = await tokensOf(application)
    const { ver, exp } = claimsOf(tokens['refresh_token'])
    const refresh_token = signed({ sub: String(id), ver, exp, scopes: [], token_type: 'refresh' })
    const renewed = async () =>
      json(await application.browser().post('/refresh', { refresh_token }))
    const login = await loginOf(application, bearing((await renewed())['access_token']))
    application.clock.advance(60)
    expect(await loginOf(application, bearing((await renewed())['access_token']))).toBe(login)
  })

  test('of an API key by the key, and where a transport does not say by the user', async () => {
    const { sqlite, db } = database()
    const keys = sqliteTable('api_keys', authApiKeyColumns())
    createTable(sqlite, keys)
    const badge: Transport = {
      name: 'badge',
      async authenticate(context) {
        const id = context.request.headers.get('x-badge')
        const user = id === null ? null : await context.resolveUser(id)
        return user && context.principal(user, { transport: 'badge' })
      },
    }
    const application = made({
      transports: [session(), apiKeys({ keys: drizzleApiKeys(db, keys) }), badge],
    })
    const ann = await application.member()
    const [user] = await application.db.select().from(members)
    const { id, key } = await application.auth.apiKeys.create(user as never)
    expect(await loginOf(application, { 'x-api-key': key })).toBe(id)
    expect(await loginOf(application, { 'x-badge': String(ann.id) })).toBe(String(ann.id))
  })
})

describe('Of two applications with one secret', () => {
  const shop = () => made({ namespace: 'shop' })
  const desk = async () => {
    const application = made({ namespace: 'desk' })
    await application.member()
    // As rows are that an application took over.
    await application.db.update(members).set({ id: 1, tokenVersion: 0 })
    return application
  }

  async function tokensOfShop() {
    const application = shop()
    const { log } = await tokensOf(application)
    await application.db.update(members).set({ id: 1, tokenVersion: 0 })
    return log()
  }

  test('neither takes the tokens of the other', async () => {
    const { access_token } = await tokensOfShop()
    const other = await desk()
    await expect(principalOf(other, bearing(access_token))).rejects.toMatchObject({
      code: 'invalid_token',
    })
  })

  test('nor its refresh tokens, where these need no record', async () => {
    const { refresh_token } = await tokensOfShop()
    const { fam: _, jti: __, ...claims } = claimsOf(refresh_token)
    const other = made({
      namespace: 'desk',
      transports: [bearer({ refresh: 'body', rotateRefresh: false })],
      features: [],
    })
    await other.member()
    await other.db.update(members).set({ id: 1, tokenVersion: 0 })
    const answer = (sent: object) =>
      other.browser().post('/refresh', { refresh_token: signed(sent) })
    expect((await answer(claims)).status).toBe(401)
    const { ns: ___, ...unnamed } = claims
    expect((await answer(unnamed)).status).toBe(200)
  })

  test('each takes those that name none: the Python original’s', async () => {
    const { access_token } = await tokensOfShop()
    const { ns, sid: _, ...claims } = claimsOf(access_token)
    expect(ns).toBe('shop')
    const other = await desk()
    expect((await principalOf(other, bearing(signed(claims)))).userId).toBe(1)
    await expect(
      principalOf(other, bearing(signed({ ...claims, ns: null }))),
    ).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
