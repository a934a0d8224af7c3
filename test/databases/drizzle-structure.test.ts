import { sql } from 'drizzle-orm'
import * as mysqlNow from 'drizzle-orm/mysql-core'
import * as postgresNow from 'drizzle-orm/pg-core'
import * as sqliteNow from 'drizzle-orm/sqlite-core'
import { sql as sqlNext } from 'drizzle-orm-1'
import * as mysqlNext from 'drizzle-orm-1/mysql-core'
import * as postgresNext from 'drizzle-orm-1/pg-core'
import * as sqliteNext from 'drizzle-orm-1/sqlite-core'
import { describe, expect, test } from 'vitest'
import { describeTable } from '../../src/databases/drizzle/describe.ts'
import { structureOf } from '../../src/databases/drizzle/structure.ts'
import type { TableDescription } from '../../src/databases/table/description.ts'

/** What this file needs of any version; their types differ. */
type Loose = Parameters<typeof structureOf>[0]

const versions = [
  ['0.45', { postgres: postgresNow, mysql: mysqlNow, sqlite: sqliteNow, sql }],
  [
    '1.0',
    {
      postgres: postgresNext as unknown as typeof postgresNow,
      mysql: mysqlNext as unknown as typeof mysqlNow,
      sqlite: sqliteNext as unknown as typeof sqliteNow,
      sql: sqlNext as unknown as typeof sql,
    },
  ],
] as const

function plain({ columns, keys, caselessKeys, constraints, ...rest }: TableDescription) {
  return {
    ...rest,
    columns: [...columns.values()].map(({ holds: { encode: _, ...holds }, ...column }) => ({
      ...column,
      holds,
    })),
    keys: [...keys].sort(),
    caselessKeys: [...caselessKeys].sort(),
    constraints: Object.fromEntries(constraints),
  }
}

describe.each(versions)('a table of Drizzle %s', (_, { postgres, mysql, sqlite, sql }) => {
  test('on PostgreSQL is read in full', () => {
    const {
      boolean,
      index,
      integer,
      pgSchema,
      primaryKey,
      text,
      timestamp,
      unique,
      uniqueIndex,
      varchar,
    } = postgres
    const table = pgSchema('auth').table(
      'people',
      {
        id: integer('person_id').generatedAlwaysAsIdentity(),
        tenant: text().notNull(),
        email: varchar('mail', { length: 320 }).notNull(),
        username: text().notNull(),
        phone: text(),
        badge: text().unique(),
        isActive: boolean('is_active').notNull().default(true),
        seenAt: timestamp('seen_at'),
      },
      (columns) => [
        primaryKey({ columns: [columns.tenant, columns.id] }),
        unique('one_mail').on(columns.tenant, columns.email),
        uniqueIndex('one_name').on(sql`lower(${columns.username})`),
        uniqueIndex('one_phone').on(columns.phone).where(sql`${columns.isActive}`),
        index('by_seen').on(columns.seenAt),
      ],
    ) as unknown as Loose
    expect(plain(describeTable(table, 'tenant', undefined))).toMatchObject({
      name: 'auth.people',
      dialect: 'postgresql',
      keys: ['badge', 'email', 'id'],
      caselessKeys: ['username'],
      constraints: { one_mail: ['tenant', 'email'], one_name: ['username'] },
      columns: [
        { property: 'id', column: 'person_id', type: 'number', integerBits: 32, unique: false },
        { property: 'tenant', type: 'string', nullable: false },
        { property: 'email', column: 'mail', type: 'string', maxLength: 320, unique: true },
        { property: 'username', unique: false },
        { property: 'phone', nullable: true, unique: false },
        { property: 'badge', unique: true },
        { property: 'isActive', type: 'boolean', hasDefault: true },
        { property: 'seenAt', type: 'date' },
      ],
    })
  })

  test('on MySQL is read in full', () => {
    const { bigint, int, mysqlTable, primaryKey, unique, uniqueIndex, varchar } = mysql
    const table = mysqlTable(
      'people',
      {
        id: int('id').autoincrement(),
        email: varchar('email', { length: 255 }).notNull(),
        number: bigint('number', { mode: 'bigint', unsigned: true }),
        name: varchar('name', { length: 20 }),
      },
      (columns) => [
        primaryKey({ columns: [columns.id] }),
        unique('one_mail').on(columns.email),
        uniqueIndex('one_number').on(columns.number),
      ],
    ) as unknown as Loose
    expect(plain(describeTable(table, undefined, undefined))).toMatchObject({
      name: 'people',
      dialect: 'mysql',
      keys: ['email', 'id', 'number'],
      caselessKeys: ['email', 'number'],
      constraints: { one_mail: ['email'], one_number: ['number'] },
      columns: [
        { property: 'id', type: 'number', integerBits: 32 },
        { property: 'email', type: 'string', maxLength: 255, holds: { collated: true } },
        { property: 'number', type: 'bigint', integerBits: 64, holds: { unsigned: true } },
        { property: 'name', unique: false },
      ],
    })
  })

  test('on SQLite is read in full', () => {
    const { integer, primaryKey, sqliteTable, text, unique, uniqueIndex } = sqlite
    const table = sqliteTable(
      'people',
      {
        id: integer('id'),
        email: text('email').notNull(),
        name: text('name'),
        at: integer('at', { mode: 'timestamp' }),
      },
      (columns) => [
        primaryKey({ columns: [columns.id] }),
        unique('one_mail').on(columns.email),
        uniqueIndex('one_name').on(columns.name),
      ],
    ) as unknown as Loose
    expect(plain(describeTable(table, undefined, undefined))).toMatchObject({
      name: 'people',
      dialect: 'sqlite',
      keys: ['email', 'id', 'name'],
      constraints: { one_mail: ['email'], one_name: ['name'] },
      columns: [
        { property: 'id', type: 'number', integerBits: 64 },
        { property: 'email', unique: true },
        { property: 'name', unique: true },
        { property: 'at', type: 'date' },
      ],
    })
  })
})

test.each([null, undefined, 'users', {}, [], sql`users`, { __proto__: null }])(
  '%j is no table',
  (thing) => {
    expect(structureOf(thing as never)).toBeNull()
  },
)
