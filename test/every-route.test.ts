/**
 * Every route, under what nobody sends by mistake: whatever comes, the answer is one that the
 * OpenAPI document has, no error of ours, a problem document, and repeats nothing.
 */
import Database from 'better-sqlite3'
import { type AuthEvent, apiKeys, bearer, type Endpoint, recovery, session, sudo } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { github, oauth } from 'crudauth/oauth'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import { createTable } from './support/create-table.ts'
import { documented } from './support/documented.ts'
import { json } from './support/world.ts'

const people = sqliteTable('people', {
  ...authUserColumns(),
  displayName: text('display_name').notNull().default('somebody'),
  age: integer(),
  height: real(),
  plan: text({ enum: ['free', 'paid'] }),
  wantsNews: integer('wants_news', { mode: 'boolean' }),
  bornAt: integer('born_at', { mode: 'timestamp' }),
})

const keys = sqliteTable('api_keys', authApiKeyColumns())

const password = 'correct horse battery'

/** Stands in everything that is sent, and in nothing that is answered. */
const marker = 'zqxjkv'

async function everything() {
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  createTable(sqlite, keys)
  const db = drizzle(sqlite)
  const events: AuthEvent[] = []
  const inbox = testInbox()
  const made = application({
    users: drizzleUsers(db, people),
    transports: [
      session({ managementRoutes: true }),
      bearer({ refresh: 'body', grantableScopes: ['read'], defaultScopes: ['read'] }),
      apiKeys({ keys: drizzleApiKeys(db, keys), managementRoutes: true }),
    ],
    features: [
      sudo({ route: true }),
      recovery({ channels: [inbox], frontendUrl: 'https://app.example.com', signIn: true }),
      oauth({
        handOff: true,
        providers: { github: github({ clientId: 'x', clientSecret: 'y' }) },
        redirectBaseUrl: 'https://app.example.com',
      }),
    ],
    registration: {
      extraFields: ['displayName', 'age', 'height', 'plan', 'wantsNews', 'bornAt'],
    },
    passwords: { setWithToken: 'fresh' },
    lockout: { mode: 'observe' },
    rateLimitMode: 'observe',
    onEvent: (event) => events.push(event),
  })
  const { auth, browser } = made
  const client = browser()
  await client.post('/register', { email: 'ann@example.com', username: 'ann', password })
  await auth.settled()
  await client.post('/login', { username: 'ann', password })
  const ann = { username: 'ann', password }
  const tokens = await json(await browser().post('/token', ann))
  const key = await json(await client.post('/api-keys', { name: 'a key' }))
  const send = documented(auth, async (request, peer) =>
    made.app.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
  )
  return { ...made, events, client, tokens, key, send }
}

type Everything = Awaited<ReturnType<typeof everything>>

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e999',
    'null',
    '[]',
    '__proto__',
    'constructor',
    'toString',
    'ann',
    'ann@example.com',
    password,
    'a\u0000b',
    '\ud800',
    'x\udfff',
    '\u202eabc',
    '\ufeff',
    "' or 1=1 --",
    'a'.repeat(1025),
    'é'.normalize('NFD').repeat(600),
    'A'.repeat(43),
    'A'.repeat(22),
    '../../../etc/passwd',
    '2030-01-31T12:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    'free',
    'read',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'binary' }).map((text) => `${marker}${text}`),
)

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    nasty,
    fc.constantFrom(null, true, false, 0, -0, 1, -1, 1e308, 2 ** 53, 0.1),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(nasty, tie('value'), { maxKeys: 3 }),
  ),
})).value

/** Names of fields that some route knows. */
const field = fc.constantFrom(
  ...['email', 'username', 'password', 'new_password', 'current_password', 'remember_me', 'scope'],
  ...['grant_type', 'token', 'proof', 'code', 'client', 'refresh_token', 'device_token', 'name'],
  ...['scopes', 'expires_in', 'new_email', 'forget_devices', 'display_name', 'age', 'height'],
  ...['plan', 'wants_news', 'born_at', 'token_type_hint', '__proto__', 'is_superuser'],
  ...['code_challenge', 'code_verifier', 'redirect_uri', 'nonce', 'id_token', 'client_id', 'iss'],
)

interface Sent {
  readonly fields: readonly (readonly [string, unknown])[]
  readonly shape:
    | 'json'
    | 'plausible'
    | 'twice'
    | 'form'
    | 'multipart'
    | 'raw'
    | 'value'
    | 'deep'
    | 'none'
  readonly type: string
  readonly raw: string
  readonly whole: unknown
}

const sent: fc.Arbitrary<Sent> = fc.record({
  fields: fc.array(fc.tuple(field, value), { maxLength: 6 }),
  shape: fc.constantFrom(
    ...([
      'json',
      'plausible',
      'plausible',
      'twice',
      'form',
      'multipart',
      'raw',
      'value',
      'deep',
      'none',
    ] as const),
  ),
  type: fc.constantFrom(
    'application/json',
    'application/json',
    'application/json; charset=utf-16',
    'application/problem+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'text/plain',
    '',
  ),
  raw: nasty,
  whole: value,
})

function written(one: unknown): string {
  return JSON.stringify(one) ?? 'null'
}

let newcomers = 0

/** Everything that some route wants, so that what comes with it is all that is wrong. */
function plausible(): string[] {
  const name = `somebody-${++newcomers}`
  const fields = { email: `${name}@example.com`, username: name, password, name, new_email: name }
  const passwords = { current_password: password, new_password: password }
  return Object.entries({ ...fields, ...passwords }).map(
    ([field, one]) => `${JSON.stringify(field)}:${JSON.stringify(one)}`,
  )
}

/** What is sent of a body. Objects are written by hand, so that `__proto__` and doubles stay. */
function bodyOf({ fields, shape, type, raw, whole }: Sent): { body?: BodyInit; type?: string } {
  const members = fields.map(([name, one]) => `${JSON.stringify(name)}:${written(one)}`)
  const texts = fields.map(([name, one]) => [name, typeof one === 'string' ? one : written(one)])
  switch (shape) {
    case 'none':
      return { type }
    case 'json':
      return { body: `{${members.join()}}`, type: 'application/json' }
    case 'plausible':
      return { body: `{${[...plausible(), ...members].join()}}`, type: 'application/json' }
    case 'twice':
      return { body: `{${[...members, ...members].join()}}`, type: 'application/json' }
    case 'deep':
      return {
        body: `{"username":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
        type: 'application/json',
      }
    case 'value':
      return { body: written(whole), type: 'application/json' }
    case 'form':
      return { body: new URLSearchParams(texts as [string, string][]) }
    case 'multipart': {
      const form = new FormData()
      for (const [name = '', one = ''] of texts) {
        form.append(name, name === 'password' ? new Blob([one]) : one)
      }
      return { body: form }
    }
    case 'raw':
      return { body: raw, type }
  }
}

const headerText = nasty.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 300))

const credentials = fc.record({
  session: fc.constantFrom('ours', 'none', 'other', 'several'),
  bearer: fc.constantFrom('none', 'none', 'none', 'ours', 'refresh', 'other', 'unsigned'),
  key: fc.constantFrom('none', 'none', 'none', 'ours', 'other'),
  csrf: fc.constantFrom('ours', 'ours', 'none', 'other'),
  other: headerText,
  peer: fc.constantFrom(undefined, '203.0.113.7', '::1', 'not an address'),
})

const further = fc.record({
  origin: fc.constantFrom(undefined, undefined, 'https://app.example.com', 'null', 'https://evil'),
  'sec-fetch-site': fc.constantFrom(undefined, undefined, 'same-origin', 'cross-site', 'odd'),
  'x-forwarded-for': fc.option(headerText, { nil: undefined }),
  'user-agent': fc.option(headerText, { nil: undefined }),
  host: fc.constantFrom(undefined, undefined, 'app.example.com', 'evil:99999', 'a b', '[::1'),
  upgrade: fc.constantFrom(undefined, undefined, undefined, 'websocket'),
})

const query = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...['keep_current', 'forget_devices', 'device_token', 'token', '__proto__'],
      ...['redirect_to', 'state', 'code', 'error', 'iss', 'hand_off', 'challenge'],
    ),
    fc.oneof(fc.constantFrom('true', 'no', '%zz', '%00', '%ff', ''), headerText),
  ),
  { maxLength: 3 },
)

function headersOf({ client, tokens, key }: Everything, of: Credentials): Headers {
  const headers = new Headers()
  const ours = client.sessionId ?? ''
  const cookies = {
    ours: `__Host-session_id=${ours}`,
    none: '',
    other: `__Host-session_id=${of.other}; known_device=${of.other}; ;=; a`,
    several: `__Host-session_id=${of.other}; __Host-session_id=${ours}; __Host-refresh_token=x`,
  }[of.session]
  if (cookies !== '') headers.set('cookie', cookies)
  const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"1","exp":9999999999}')}.`
  const bearerToken = {
    none: '',
    ours: String(tokens['access_token']),
    refresh: String(tokens['refresh_token']),
    other: of.other,
    unsigned: unsigned.replaceAll('=', ''),
  }[of.bearer]
  if (bearerToken !== '') headers.set('authorization', `Bearer ${bearerToken}`)
  const apiKey = { none: '', ours: String(key['key']), other: of.other }[of.key]
  if (apiKey !== '') headers.set('x-api-key', apiKey)
  const csrf = { ours: client.csrfToken ?? '', none: '', other: of.other }[of.csrf]
  if (csrf !== '') headers.set('x-csrf-token', csrf)
  return headers
}

type Credentials = typeof credentials extends fc.Arbitrary<infer Value> ? Value : never

const made = await everything()
const { auth } = made
const endpoints = auth.endpoints as readonly Pick<Endpoint, 'method' | 'path'>[]

describe('Every route', () => {
  test.each(endpoints.map(({ method, path }) => [method, path] as const))(
    '%s %s answers whatever comes',
    async (method, path) => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            sent,
            credentials,
            further,
            query,
            segment: headerText.map((one) => one || '-'),
          }),
          async (given) => {
            made.events.length = 0
            // What others of these requests ended.
            if ((await made.client.get('/me')).status !== 200) {
              await made.client.post('/login', { username: 'ann', password })
            }
            const headers = headersOf(made, given.credentials)
            for (const [name, one] of Object.entries(given.further)) {
              if (one !== undefined) headers.set(name, one)
            }
            const { body, type } = method === 'GET' ? {} : bodyOf(given.sent)
            if (type) headers.set('content-type', type)
            const search = given.query.map((pair) => pair.join('=')).join('&')
            const url = `https://app.example.com${path.replace(/:\w+/, given.segment)}?${search}`
            const request = new Request(url, { method, headers, body: body ?? null })
            const response = await made.send(request, given.credentials.peer)
            await made.auth.settled()
            const answer = await response.text()
            const told = JSON.stringify(made.events.map((event) => ({ ...event, path: null })))
            expect(told).not.toContain(marker)
            const failures = made.events.filter(({ name }) => name.endsWith('.failed'))
            expect({ status: response.status, failures, answer }).toMatchObject({
              status: expect.not.toSatisfy((status: number) => status >= 500),
              failures: failures.filter(({ name }) => /^(login|reauth)/.test(name)),
            })
            if (response.status >= 400) {
              expect(response.headers.get('content-type')).toBe('application/problem+json')
              expect(answer).not.toContain(marker)
            }
          },
        ),
        { numRuns: Number(process.env['FUZZ'] ?? 25) },
      )
    },
  )
})
