/**
 * What is told of API keys, how many a person can have, and which rows of the table are read.
 */
import Database from 'better-sqlite3'
import { type ApiKeyContext, AuthError, apiKeys, session } from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { createTable } from './support/create-table.ts'
import { json, members, type World, world } from './support/world.ts'

const table = sqliteTable('api_keys', authApiKeyColumns())

async function keyWorld(options: object = {}, hooks: Parameters<typeof world>[1] = {}) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const db = drizzle(sqlite)
  const keys = drizzleApiKeys(db, table)
  /** How many rows each list of keys read. */
  const read: number[] = []
  const list = keys.list.bind(keys)
  keys.list = async (...args) => {
    const rows = await list(...args)
    read.push(rows.length)
    return rows
  }
  const transport = apiKeys({ keys, managementRoutes: true, ...options })
  const made = world(
    {
      transports: [session(), transport],
      rateLimits: { register: { times: 0, seconds: 1 }, api_keys: { times: 0, seconds: 1 } },
    },
    hooks,
  )
  const ann = await made.member()
  const client = await made.loggedIn(ann)
  const [user] = await made.db.select().from(members)
  const make = () => client.post('/api-keys', { name: 'CI' })
  const rows = () => db.select().from(table)
  return { ...made, ann, client, user: user as never, make, rows, read }
}

const keyEvents = ({ events }: Pick<World, 'events'>) =>
  events.filter(({ name }) => name.startsWith('api_key.'))

describe('API keys', () => {
  test('that are made and revoked are events, and run hooks', async () => {
    const told: unknown[] = []
    const note =
      (name: string) =>
      (user: { id: number }, { apiKeyId, request, transport }: ApiKeyContext) => {
        told.push([name, user.id, apiKeyId, request !== null, transport])
      }
    const made = await keyWorld(
      {},
      { afterApiKeyCreated: note('created'), afterApiKeyRevoked: note('revoked') },
    )
    const { id } = await json(await made.make())
    await made.client.call('DELETE', `/api-keys/${id}`)
    const own = await made.auth.apiKeys.create(made.user)
    await made.auth.apiKeys.revoke(made.ann.id, own.id)
    await made.auth.apiKeys.revoke(made.ann.id, own.id)
    const of = (apiKeyId: unknown, address: string | null) =>
      ['created', 'revoked'].map((what) => ({
        name: `api_key.${what}`,
        userId: made.ann.id,
        apiKeyId,
        address,
      }))
    expect(keyEvents(made)).toEqual([...of(id, '203.0.113.7'), ...of(own.id, null)])
    expect(told).toEqual([
      ['created', made.ann.id, id, true, 'session'],
      ['revoked', made.ann.id, id, true, 'session'],
      ['created', made.ann.id, own.id, false, null],
      ['revoked', made.ann.id, own.id, false, null],
    ])
  })

  test('are listed with all that gives somebody in, and end there, once, and nobody else’s', async () => {
    const told: unknown[] = []
    const made = await keyWorld(
      {},
      { afterApiKeyRevoked: (_, context) => void told.push(context.apiKeyId) },
    )
    const { id, key } = await json(await made.make())
    const ben = await made.member('ben')
    const { users } = made.auth
    const listed = await users.credentials(made.ann.id)
    const one = { kind: 'api_key', id: String(id) }
    expect(listed).toContainEqual(expect.objectContaining({ ...one, label: 'CI' }))
    expect(JSON.stringify(listed)).not.toContain(String(key))
    made.events.length = 0
    expect(await users.endCredential(ben.id, one)).toBe(false)
    expect(await users.endCredential(made.ann.id, one, { actor: 7 })).toBe(true)
    expect(await users.endCredential(made.ann.id, one)).toBe(false)
    const headers = { 'x-api-key': String(key) }
    expect((await made.browser().get('/me', { headers })).status).toBe(401)
    expect(keyEvents(made)).toMatchObject([{ name: 'api_key.revoked', apiKeyId: id, actor: 7 }])
    expect(told).toEqual([id])
    expect(await users.credentials(made.ann.id)).not.toContainEqual(expect.objectContaining(one))
  })

  test('that a hook refuses have ended, and are not told', async () => {
    const refused = new AuthError('access_denied', 'No keys on Sundays.')
    const made = await keyWorld(
      {},
      {
        afterApiKeyCreated: () => {
          throw refused
        },
      },
    )
    expect((await made.make()).status).toBe(403)
    await expect(made.auth.apiKeys.create(made.user)).rejects.toBe(refused)
    expect(await made.auth.apiKeys.list(made.ann.id)).toEqual([])
  })

  test('stay within the cap, however many are made at once', async () => {
    const made = await keyWorld({ maxPerUser: 5 })
    for (let n = 0; n < 3; n++) expect((await made.make()).status).toBe(200)
    const answers = await Promise.all(Array.from({ length: 20 }, made.make))
    const done = answers.filter(({ status }) => status === 200).length
    const alive = await made.auth.apiKeys.list(made.ann.id)
    expect(alive.length).toBe(3 + done)
    expect(alive.length).toBeLessThanOrEqual(5)
    // What was refused has left no row, and no event.
    expect(await made.rows()).toHaveLength(3 + done)
    expect(keyEvents(made)).toHaveLength(3 + done)
    while ((await made.make()).status === 200);
    expect(await made.auth.apiKeys.list(made.ann.id)).toHaveLength(5)
  })

  test('that were revoked are not read', async () => {
    const made = await keyWorld()
    for (let n = 0; n < 10; n++) {
      const { id } = await json(await made.make())
      await made.client.call('DELETE', `/api-keys/${id}`)
    }
    made.read.length = 0
    await made.client.get('/api-keys')
    expect(made.read).toEqual([0])
    expect(await made.rows()).toHaveLength(10)
  })

  test('that ended by themselves are read no more once another is made', async () => {
    const made = await keyWorld()
    for (let n = 0; n < 4; n++) await made.auth.apiKeys.create(made.user, { ttl: 60 })
    await made.auth.apiKeys.create(made.user)
    await made.auth.users.endAll(made.ann.id)
    made.clock.advance(86_401)
    const client = await made.loggedIn(made.ann)
    expect((await client.post('/api-keys', { name: 'CI' })).status).toBe(200)
    made.read.length = 0
    expect(await made.auth.apiKeys.list(made.ann.id)).toHaveLength(1)
    expect(made.read).toEqual([1])
  })
})
