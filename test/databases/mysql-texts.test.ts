/**
 * MySQL's character sets and collations: what cannot be written in a table is nobody's name there,
 * and what its collation takes for the same is not.
 */
import { randomBytes } from 'node:crypto'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { customType, int, mysqlTable, varchar } from 'drizzle-orm/mysql-core'
import { drizzle } from 'drizzle-orm/mysql2'
import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { isReachable, mysql, mysqlUrl } from '../support/services.ts'

const name = `texts_${randomBytes(4).toString('hex')}`
const isThere = await isReachable(mysql)
const short = { length: 99 } as const
const table = mysqlTable(name, {
  id: int().autoincrement().primaryKey(),
  email: varchar(short).notNull().unique(),
  hashedPassword: varchar({ length: 255 }),
  tokenVersion: int(),
  org: varchar(short).notNull().default(''),
})
type Pool = ReturnType<typeof createPool>

const adapters: Record<string, (pool: Pool, tenant?: 'org') => unknown> = {
  Drizzle: (pool, tenant) => drizzleUsers(drizzle(pool), table, tenant ? { tenant } : {}),
  Kysely: (pool, tenant) =>
    kyselyUsers(new Kysely<Record<string, never>>({ dialect: new MysqlDialect({ pool }) }), name, {
      columns: {
        id: 'id',
        email: 'email',
        hashedPassword: 'hashedPassword',
        tokenVersion: 'tokenVersion',
      },
      unique: ['email'],
      ...(tenant ? { tenant } : { others: ['org'] }),
    } as never),
}

describe.runIf(isThere)('MySQL', () => {
  const pool = createPool({ uri: mysqlUrl, connectionLimit: 2 })
  const exec = (statement: string) => pool.promise().query(statement)
  const drop = () => exec(`drop table if exists ${name}`)
  afterAll(async () => {
    await drop()
    await pool.promise().end()
  })

  const create = async (set: string) => {
    await drop()
    await exec(
      `create table ${name} (id int auto_increment primary key, email varchar(99) not null,
         hashedPassword varchar(255), tokenVersion int, org varchar(99) not null default '', unique (org, email)
       ) character set ${set}`,
    )
  }
  const jose = { email: 'josé@example.com', hashedPassword: 'x', tokenVersion: 1 }

  describe.each(Object.entries(adapters))('%s', (_, make) => {
    describe.each(['latin1', 'utf8mb3', 'utf8mb4'])('over a table in %s', (set) => {
      beforeAll(() => create(set))
      beforeEach(() => exec(`delete from ${name}`))

      test('a name that cannot be written there is nobody’s', async () => {
        const users = make(pool) as UserStore
        for (const email of ['ann😀', 'анна@example.com', '漢字']) {
          expect(await users.find('email', email, {})).toBeNull()
        }
        const { browser } = application({ users, identity: { login: ['email'] } })
        const login = { username: 'ann😀@example.com', password: 'correct horse battery' }
        expect((await browser().post('/login', login)).status).toBe(401)
      })

      test('a condition is met by the very text, in whatever letters', async () => {
        const users = make(pool) as UserStore
        const { id } = (await users.insert({ ...jose, org: 'one' }, {})) as { id: number }
        const write = (email: string) => users.update(id, { tokenVersion: 2 }, {}, { email })
        expect(await write('jose@example.com')).toBe(false)
        expect(await write('josé@example.com')).toBe(true)
      })

      test('a tenant is found under its own name only', async () => {
        const users = make(pool, 'org') as UserStore
        const row = (await users.insert(jose, { tenant: 'café' })) as { id: number }
        for (const tenant of ['CAFÉ', 'cafe', 'café ']) {
          expect(await users.find('email', jose.email, { tenant })).toBeNull()
          expect(await users.find('id', row.id, { tenant })).toBeNull()
          expect(await users.update(row.id, { tokenVersion: 2 }, { tenant })).toBe(false)
          expect(await users.increment(row.id, 'tokenVersion', 9, { tenant })).toBe(false)
        }
        const scope = { tenant: 'café' }
        expect(await users.find('email', jose.email, scope)).toEqual(row)
        expect(await users.increment(row.id, 'tokenVersion', 9, scope)).toBe(true)
        expect(await users.update(row.id, { tokenVersion: 2 }, scope)).toBe(true)
      })
    })
  })

  test('Kysely: an object is no expression, and a list not the values of several columns', async () => {
    await create('utf8mb4')
    const users = adapters['Kysely']?.(pool) as UserStore
    for (const org of [{ tokenVersion: 1 }, ['a'], ['a', 2], [['a', 2]], {}]) {
      await expect(users.insert({ ...jose, org }, {})).rejects.toThrow('is not a single one')
    }
    const { id } = (await users.insert({ ...jose, org: 'one' }, {})) as { id: number }
    const update = users.update(id, { org: { tokenVersion: 1 } }, {})
    await expect(update).rejects.toThrow('is not a single one')
  })

  test('a type of the application’s own makes one name no other', async () => {
    await create('utf8mb4')
    const trimmed = customType<{ data: string }>({
      dataType: () => 'varchar(99)',
      toDriver: (value) => value.trim(),
    })
    const own = mysqlTable(name, {
      id: int().autoincrement().primaryKey(),
      email: trimmed().notNull().unique(),
      hashedPassword: varchar({ length: 255 }),
      org: varchar(short).notNull(),
    })
    const users = drizzleUsers(drizzle(pool), own) as unknown as UserStore
    const row = await users.insert({ email: 'jose@example.com', hashedPassword: 'x', org: '1' }, {})
    expect(await users.find('email', 'josé@example.com', {})).toBeNull()
    expect(await users.find('email', 'Jose@example.com', {})).toBeNull()
    expect(await users.find('email', ' jose@example.com', {})).toEqual(row)
  })
})
