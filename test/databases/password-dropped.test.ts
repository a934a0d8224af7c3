/**
 * A password that is dropped, as recovery drops one that may have been planted: under the hash and
 * the epoch that were read, in one step. Where the hash in a second table takes no null, its row
 * goes.
 */
import { randomBytes } from 'node:crypto'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import type { Table } from 'drizzle-orm'
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core'
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { integer as liteInteger, text as liteText, sqliteTable } from 'drizzle-orm/sqlite-core'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { type DatabaseKind, drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'

type Tables = { people: Table; hashes: Table }
type Rows = Kysely<Record<string, Record<string, unknown>>>

const schemas: Readonly<Record<DatabaseKind, (name: string) => Tables>> = {
  postgresql: (name) => ({
    people: pgTable(name, {
      id: serial().primaryKey(),
      email: text().notNull().unique(),
      tokenVersion: integer('token_version').notNull().default(0),
    }),
    hashes: pgTable(`${name}_hashes`, {
      userId: integer('user_id').primaryKey(),
      hash: text().notNull(),
    }),
  }),
  mysql: (name) => ({
    people: mysqlTable(name, {
      id: int().autoincrement().primaryKey(),
      email: varchar({ length: 255 }).notNull().unique(),
      tokenVersion: int('token_version').notNull().default(0),
    }),
    hashes: mysqlTable(`${name}_hashes`, {
      userId: int('user_id').primaryKey(),
      hash: varchar({ length: 255 }).notNull(),
    }),
  }),
  sqlite: (name) => ({
    people: sqliteTable(name, {
      id: liteInteger().primaryKey(),
      email: liteText().notNull().unique(),
      tokenVersion: liteInteger('token_version').notNull().default(0),
    }),
    hashes: sqliteTable(`${name}_hashes`, {
      userId: liteInteger('user_id').primaryKey(),
      hash: liteText().notNull(),
    }),
  }),
}

interface Opened {
  readonly store: UserStore
  /** What is in the second table. */
  readonly rows: () => Promise<readonly unknown[]>
}

const onDrizzle = (db: unknown, _: string, { people, hashes }: Tables): Opened => ({
  store: drizzleUsers(db as never, people as never, {
    passwords: { table: hashes, user: 'userId', hash: 'hash' } as never,
  }) as unknown as UserStore,
  rows: () =>
    (db as { select(): { from(table: Table): Promise<unknown[]> } }).select().from(hashes),
})
const onKysely = (db: unknown, name: string): Opened => ({
  store: kyselyUsers(db as Rows, name, {
    columns: { id: 'id', email: 'email', tokenVersion: 'token_version' },
    unique: ['email'],
    passwords: { table: `${name}_hashes`, user: 'user_id', hash: 'hash', unique: ['user_id'] },
  } as never) as unknown as UserStore,
  async rows() {
    const found = await (db as Rows).selectFrom(`${name}_hashes`).selectAll().execute()
    return found.map(({ user_id: userId, hash }) => ({ userId, hash }))
  },
})
const drivers = [
  ...Object.entries(drizzleDrivers).map(
    ([name, driver]) => [name, driver, onDrizzle, 'tokenVersion'] as const,
  ),
  ...Object.entries(kyselyDrivers).map(
    ([name, driver]) => [name, driver, onKysely, 'token_version'] as const,
  ),
]

describe.each(drivers)('A dropped password over %s', (_, driver, openStore, epoch) => {
  describe.runIf(driver.isThere)('whose column takes no null', () => {
    // Not all at once: an engine that runs in the process takes it for seconds when it starts.
    let server: ReturnType<typeof driver.open>
    beforeAll(() => {
      server = driver.open()
    })
    afterAll(() => server.close())
    const name = `drop_${randomBytes(4).toString('hex')}`

    test('is the end of its row, and of nobody else’s', async () => {
      const tables = schemas[driver.kind](name)
      const all = [tables.people, tables.hashes]
      for (const statement of all.flatMap(tableStatements)) await server.run(statement)
      const { store, rows } = openStore(server.db, name, tables)
      expect(store.problems).toEqual([])
      const made = (n: number) =>
        store.insert({ email: `user${n}@example.com`, hashedPassword: `hash ${n}`, [epoch]: n }, {})
      const [planted, other] = (await Promise.all([made(1), made(2)])) as { id: number }[]
      const [id, theirs] = [planted?.id ?? 0, { userId: other?.id, hash: 'hash 2' }]
      const drop = (when: object) =>
        store.update(id, { hashedPassword: null, [epoch]: 7 }, {}, when as never)

      expect(await drop({ hashedPassword: 'hash 1', [epoch]: 3 })).toBe(false)
      expect(await drop({ hashedPassword: 'another', [epoch]: 1 })).toBe(false)
      expect(await store.find('id', id, {})).toMatchObject({ hashedPassword: 'hash 1', [epoch]: 1 })

      expect(await drop({ hashedPassword: 'hash 1', [epoch]: 1 })).toBe(true)
      expect(await store.find('id', id, {})).toMatchObject({ hashedPassword: null, [epoch]: 7 })
      expect(await rows()).toEqual([theirs])
      expect(await drop({ hashedPassword: null, [epoch]: 7 })).toBe(true)
      expect(await rows()).toEqual([theirs])

      const set = { hashedPassword: 'of the owner' }
      expect(await store.update(id, set, {}, { hashedPassword: null })).toBe(true)
      expect(await store.find('id', id, {})).toMatchObject(set)
      expect(await store.update(id, { hashedPassword: null }, {})).toBe(true)
      expect(await rows()).toEqual([theirs])
      for (const table of [name, `${name}_hashes`]) await server.run(`drop table ${table}`)
    })
  })
})
