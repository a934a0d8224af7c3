import type { ApiKeyTypes } from 'crudauth'
import { authApiKeyColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authApiKeyColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authApiKeyColumns as sqliteColumns } from 'crudauth/drizzle/sqlite'
import { authApiKeyColumns as kyselyColumns } from 'crudauth/kysely'
import { type Column, getTableColumns, type Table } from 'drizzle-orm'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { pgTable } from 'drizzle-orm/pg-core'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { apiKeyTable } from '../../src/features/api-keys/store.ts'
import type { RowField } from '../../src/rows/row-store.ts'
import { Rows } from '../../src/rows/rows.ts'

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const tables: readonly (readonly [string, Table])[] = [
  ['postgres', pgTable('keys', postgresColumns())],
  ['mysql', mysqlTable('keys', mysqlColumns())],
  ['sqlite', sqliteTable('keys', sqliteColumns())],
]

describe.each(tables)('authApiKeyColumns() of crudauth/drizzle/%s', (_, table) => {
  const columns: Readonly<Record<string, Column>> = getTableColumns(table)

  test('has the columns of the description, and no others', () => {
    expect(Object.keys(columns)).toEqual(Object.keys(apiKeyTable))
  })

  test.each(Object.entries<RowField>(apiKeyTable))('has %s as it is described', (field, kind) => {
    const column = columns[field] as Column & { length?: number }
    expect({
      name: column.name,
      primary: column.primary,
      unique: column.isUnique,
      nullable: !column.notNull,
    }).toEqual({
      name: snakeCase(field),
      primary: kind.key === 'own',
      unique: kind.unique ?? false,
      nullable: kind.nullable ?? false,
    })
    const type = /date/i.test(column.dataType) ? 'date' : column.dataType
    const custom = column.columnType === 'SQLiteCustomColumn' && kind.types.includes('date')
    expect(custom || kind.types.includes(type as 'string')).toBe(true)
    expect(column.length ?? kind.length).toBe(kind.length)
  })
})

test('authApiKeyColumns() of crudauth/drizzle types each column as it is described', () => {
  const [inPostgres, inMysql, inSqlite] = [
    pgTable('keys', postgresColumns()),
    mysqlTable('keys', mysqlColumns()),
    sqliteTable('keys', sqliteColumns()),
  ]
  // The key of another table is text in a table of ours.
  type Row = Omit<ApiKeyTypes, 'userId'> & { userId: string }
  expectTypeOf(inPostgres.$inferSelect).branded.toEqualTypeOf<Row>()
  expectTypeOf(inMysql.$inferSelect).branded.toEqualTypeOf<Row>()
  expectTypeOf(inSqlite.$inferSelect).branded.toEqualTypeOf<Row>()
})

test('authApiKeyColumns() of crudauth/kysely names every column, and its type says so', () => {
  expect(kyselyColumns().columns).toEqual(
    Object.fromEntries(Object.keys(apiKeyTable).map((field) => [field, snakeCase(field)])),
  )
  expectTypeOf(kyselyColumns().columns.hashedKey).toEqualTypeOf<'hashed_key'>()
  expectTypeOf(kyselyColumns().columns.lastUsedAt).toEqualTypeOf<'last_used_at'>()
})

describe('rows of a table that lacks a field', () => {
  const lacking = () => {
    const calls: unknown[] = []
    const note = async (...given: unknown[]) => {
      calls.push(given)
      return true
    }
    const store = {
      name: 'a test',
      columns: new Map([['owner', { property: 'owner', type: 'string' }]]),
      map: { id: 'key', userId: 'owner' },
      tenants: false,
      problems: [],
      find: async () => ({ key: 'k', owner: '7', name: 'of the application' }),
      list: async () => [],
      insert: async (values: object) => values,
      update: note,
      delete: note,
    }
    return {
      rows: new Rows<{ id: string; userId: number; name: string | null }>(store as never, {
        id: { types: ['string'], key: 'own' },
        userId: { types: ['number', 'string'], key: 'other' },
        name: { types: ['string'] },
      }),
      calls,
    }
  }

  test('read it as empty, whatever else has its name', async () => {
    expect(await lacking().rows.find('id', 'k', {})).toEqual({ id: 'k', userId: '7', name: null })
  })

  test('do not write it', async () => {
    const { rows, calls } = lacking()
    await rows.update('k', { name: 'x', userId: 8 }, {}, { userId: 7 })
    expect(calls).toEqual([['k', { owner: '8' }, {}, { owner: '7' }]])
  })

  test('do nothing under a condition on it, which would hold for every row', () => {
    const { rows, calls } = lacking()
    expect(() => rows.update('k', {}, {}, { name: null })).toThrow('no column for name')
    expect(() => rows.delete('k', {}, { name: null })).toThrow('no column for name')
    expect(calls).toEqual([])
  })
})
