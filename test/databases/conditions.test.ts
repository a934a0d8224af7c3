/**
 * Whether a partial unique index covers every row that counts as a user.
 */
import { drizzleUsers } from 'crudauth/drizzle'
import { and, eq, isNull, ne, not, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import {
  bigint,
  boolean,
  pgTable,
  serial,
  text,
  timestamp,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { conditionOf, isImplied } from '../../src/databases/table/conditions.ts'

describe('A condition implies', () => {
  const implies = (where: string, index: string) =>
    isImplied(conditionOf(index), conditionOf(where), 'email')

  test.each([
    ['deleted_at is null', '(deleted_at IS NULL)'],
    ['"users"."deletedAt" is null', '("deletedAt" IS NULL)'],
    ['`deleted` = 0', 'deleted = 0'],
    ['deleted = false', '(NOT deleted)'],
    ['not "deleted"', '((deleted = false))'],
    ['deleted is false', 'deleted=0'],
    ['active', 'active = true'],
    ['active is true and deleted_at is null', '((deleted_at IS NULL) AND active)'],
    ['(a is null and (b is null and c is null))', 'c IS NULL'],
    ["kind = 'a and b'", "((kind)::text = 'a and b'::text)"],
    ["kind = 'User'", "kind::character varying(20) = 'User'"],
    ['deleteat = 0', '(deleteat = 0)'],
    ['anything', 'email is not null'],
    ['deleted_at is null', '(email IS NOT NULL) AND (deleted_at IS NULL)'],
  ])('%s: %s', (where, index) => {
    expect(implies(where, index)).toBe(true)
  })

  test.each([
    ['deleted_at is null', 'deleted_at is not null'],
    ['deleted = false', 'deleted = true'],
    ['deleted = false', 'deleted'],
    ['deleted_at is null or active', 'deleted_at is null'],
    ['active', 'active and deleted_at is null'],
    ["kind = 'a'", "kind = 'A'"],
    ["kind = 'a and b'", "b'"],
    ['anything', 'username is not null'],
    ['level <> 0', 'level = 1'],
  ])('not %s: %s', (where, index) => {
    expect(implies(where, index)).toBe(false)
  })
})

describe('A partial unique index of Drizzle makes its column unique', () => {
  const make = (condition: (table: ReturnType<typeof people>) => SQL) => {
    const table = pgTable(
      'people',
      columns(),
      (self) =>
        [
          uniqueIndex('live')
            .on(self.email)
            .where(condition(self as never)),
        ] as never,
    )
    return table as unknown as ReturnType<typeof people>
  }
  const columns = () => ({
    id: serial().primaryKey(),
    email: text().notNull(),
    hashedPassword: text(),
    deletedAt: timestamp('deleted_at'),
    deleted: boolean(),
    deleteat: bigint({ mode: 'number' }),
    kind: varchar({ length: 9 }),
  })
  const people = () => pgTable('people', columns())
  const db = drizzle(new Pool())

  test.each([
    [
      'as drizzle-kit pulls it',
      () => sql`(deleted_at IS NULL)`,
      (t: ReturnType<typeof people>) => isNull(t.deletedAt),
    ],
    ['a flag', () => sql`(NOT deleted)`, (t: ReturnType<typeof people>) => eq(t.deleted, false)],
    [
      'a flag, turned around',
      (t: ReturnType<typeof people>) => eq(t.deleted, false),
      (t: ReturnType<typeof people>) => not(sql`${t.deleted}`),
    ],
    ['a count', () => sql`(deleteat = 0)`, (t: ReturnType<typeof people>) => eq(t.deleteat, 0)],
    [
      'one of several',
      () => sql`((deleted_at IS NULL) AND ((kind)::text = 'person'::text))`,
      (t: ReturnType<typeof people>) =>
        and(eq(t.kind, 'person'), eq(t.deleted, false), isNull(t.deletedAt)) as SQL,
    ],
  ] as const)('%s', (_, index, where) => {
    const table = make(index as never)
    expect(drizzleUsers(db, table, { where: where(table) }).columns.get('email')?.unique).toBe(true)
    expect(drizzleUsers(db, table).columns.get('email')?.unique).toBe(false)
    const other = drizzleUsers(db, table, { where: ne(table.kind, 'bot') })
    expect(other.columns.get('email')?.unique).toBe(false)
  })
})
