/**
 * Codecs: moments in every form that columns keep them in, and none that its column cannot hold.
 */
import Database from 'better-sqlite3'
import { type ColumnCodec, flag, timestampFlag, timestampUnset, timestampUntil } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import {
  boolean,
  decimal,
  int,
  mysqlEnum,
  mysqlTable,
  timestamp,
  varchar,
} from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import {
  bigint,
  numeric,
  pgEnum,
  pgTable,
  text as pgText,
  timestamp as pgTimestamp,
  serial,
  smallint,
} from 'drizzle-orm/pg-core'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'

const now = new Date('2026-03-01T09:30:00.000Z')
const past = new Date('2026-02-28T09:30:00.000Z')
const future = new Date('2026-03-02T09:30:00.000Z')
type Loose = ColumnCodec<boolean, unknown>

describe('A moment', () => {
  test.each([
    ['a date', timestampFlag(), now],
    ['ISO text', timestampFlag('iso'), '2026-03-01T09:30:00.000Z'],
    ['text', timestampFlag('text'), '2026-03-01 09:30:00'],
    ['seconds', timestampFlag('seconds'), 1_772_357_400],
    ['milliseconds', timestampFlag('milliseconds'), 1_772_357_400_000],
    ['a bigint of seconds', timestampFlag('seconds-bigint'), 1_772_357_400n],
    ['digits of seconds', timestampFlag('seconds-text'), '1772357400'],
    ['a bigint of milliseconds', timestampFlag('milliseconds-bigint'), 1_772_357_400_000n],
    ['digits of milliseconds', timestampFlag('milliseconds-text'), '1772357400000'],
  ])('as %s is written, and read as a flag', (_, codec: Loose, stored) => {
    expect(codec.write(true, now)).toEqual(stored)
    expect(codec.write(false, now)).toBeNull()
    expect(codec.read(stored, now)).toBe(true)
  })

  test.each([
    [null, 'none'],
    [0, 'none'],
    [0n, 'none'],
    ['0', 'none'],
    ['', 'none'],
    ['0000-00-00 00:00:00', 'none'],
    [new Date(Number.NaN), 'nonsense'],
    [Number.NaN, 'nonsense'],
    ['yes', 'nonsense'],
    [true, 'nonsense'],
    [undefined, 'nonsense'],
    ['2026-13-45 99:00:00', 'nonsense'],
    [now, 'a moment'],
    ['2026-03-01', 'a moment'],
    ['2026-03-01 09:30:00.123456+02', 'a moment'],
    ['1772357400', 'a moment'],
    [1_772_357_400n, 'a moment'],
  ])('%s is %s, and nonsense lets nobody in', (stored, kind) => {
    expect((timestampFlag() as Loose).read(stored, now)).toBe(kind === 'a moment')
    expect((timestampUnset() as Loose).read(stored, now)).toBe(kind === 'none')
    if (kind === 'nonsense') expect((timestampUntil() as Loose).read(stored, now)).toBe(false)
  })

  test.each([
    ['date', past, future],
    ['iso', past.toISOString(), future.toISOString()],
    ['text', '2026-02-28 09:30:00', '2026-03-02 09:30:00'],
    ['text', '2026-03-01 11:29:00+02', '2026-03-01 11:31:00+02'],
    ['text', '2026-02-28', 'infinity'],
    ['seconds', past.getTime() / 1000, future.getTime() / 1000],
    ['milliseconds', past.getTime(), BigInt(future.getTime())],
    ['seconds-bigint', BigInt(past.getTime() / 1000), BigInt(future.getTime() / 1000)],
    ['seconds-text', String(past.getTime() / 1000), String(future.getTime() / 1000)],
    ['milliseconds-bigint', BigInt(past.getTime()), BigInt(future.getTime())],
    ['milliseconds-text', String(past.getTime()), String(future.getTime())],
  ] as const)('until which somebody is kept out, as %s', (form, gone, ahead) => {
    const codec = timestampUntil(form) as Loose
    expect([null, gone, ahead].map((stored) => codec.read(stored, now))).toEqual([
      true,
      true,
      false,
    ])
    expect(codec.read(codec.write(false, now), new Date('2037-01-01'))).toBe(false)
  })

  test('is unset by what the column has for it', () => {
    expect(timestampUnset('seconds', { unset: 0 }).write(true, now)).toBe(0)
    expect(timestampFlag('text', { unset: '' }).write(false, now)).toBe('')
  })
})

test('One and zero are read from a driver that hands them over as text', () => {
  const codec = flag(1, 0) as Loose
  expect(['1', '0', 1, 0, 1n, 0n, '2', 'x', null].map((one) => codec.read(one, now))).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
    false,
    false,
    false,
  ])
  const texts = flag('1', '0') as Loose
  expect([1, 0, '1', '0', 1n, true].map((one) => texts.read(one, now))).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
  ])
})

describe('A codec that its column cannot hold is refused, with what to write', () => {
  const state = pgEnum('state', ['active', 'blocked'])
  const people = pgTable('people', {
    id: serial().primaryKey(),
    email: pgText().notNull().unique(),
    hashedPassword: pgText().notNull(),
    state: state(),
    amount: numeric(),
    small: smallint(),
    since: pgTimestamp(),
    sinceText: pgTimestamp({ mode: 'string' }),
    must: pgTimestamp().notNull(),
    big: bigint({ mode: 'bigint' }),
    count: bigint({ mode: 'number' }),
  })
  const db = onPg(new Pool())
  const problems = (property: string, codec: unknown) =>
    drizzleUsers(db, people, { columns: { isActive: { property, codec } } as never }).problems

  test.each([
    ['state', flag('Y', 'N'), "writes 'Y' for true, but 'state' holds only 'active', 'blocked'"],
    ['amount', flag(false, true), "writes false for true, but 'amount' holds string"],
    ['sinceText', timestampFlag(), "writes a Date for true, but 'sinceText' holds string"],
    ['sinceText', timestampFlag(), "timestampFlag('text')"],
    ['since', timestampFlag('iso'), "'since' holds date; write timestampFlag('date')"],
    ['must', timestampUnset(), "writes null for true, but 'must' takes no null"],
    ['must', timestampUnset(), "timestampFlag('date', { unset: … })"],
    ['small', timestampFlag('seconds'), "'small' takes whole numbers of 16 bits"],
    ['small', flag(0.5, 0), "writes 0.5 for true, but 'small' takes whole numbers of 16 bits"],
    [
      'small',
      flag(Number.NaN, 0),
      "writes NaN for true, but 'small' takes whole numbers of 16 bits",
    ],
    ['big', flag(1, 0), "'big' holds bigint; write flag(1n, 0n)"],
    [
      'big',
      timestampFlag('seconds'),
      "'big' holds bigint; write flag(1n, 0n), or timestampFlag('seconds-bigint') or 'milliseconds-bigint'",
    ],
    ['big', timestampUntil('milliseconds-text'), "'big' holds bigint; write"],
    [
      'since',
      { read: () => false, write: (value: boolean) => (value ? now : null) },
      'does not read as true what it writes for it',
    ],
    [
      'since',
      { read: () => true, write: (value: boolean) => (value ? now : null) },
      'does not read as false what it writes for it',
    ],
  ])('%s: %o', (property, codec, message) => {
    expect(problems(property, codec)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['state', flag('active', 'blocked')],
    ['amount', flag('1', '0')],
    ['sinceText', timestampFlag('iso')],
    ['since', timestampUnset()],
    ['count', timestampUntil('milliseconds')],
    ['big', flag(1n, 0n)],
    ['big', timestampUntil('seconds-bigint')],
    ['big', timestampFlag('milliseconds-bigint')],
  ])('%s: %o is held', (property, codec) => {
    expect(problems(property, codec)).toEqual([])
  })

  test('on MySQL and SQLite, too', () => {
    const rows = mysqlTable('rows', {
      id: int().primaryKey(),
      email: varchar({ length: 255 }).notNull().unique(),
      hashedPassword: varchar({ length: 255 }).notNull(),
      short: varchar({ length: 3 }),
      kind: mysqlEnum(['on', 'off']),
      price: decimal(),
      yes: boolean(),
      since: timestamp({ mode: 'string' }),
    })
    const of = (property: string, codec: unknown) =>
      drizzleUsers(onMysql('mysql://root@127.0.0.1:1/x'), rows, {
        columns: { isActive: { property, codec } } as never,
      }).problems
    expect(of('short', flag('active', 'off'))).toEqual([
      expect.stringContaining("'short' takes 3 characters"),
    ])
    expect(of('kind', flag('on', 'no'))).toEqual([expect.stringContaining("only 'on', 'off'")])
    expect(of('yes', flag(1, 0))).toEqual([expect.stringContaining('flag(false, true)')])
    expect(of('since', timestampUntil())).toEqual([expect.stringContaining('holds string')])
    const members = sqliteTable('members', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      hashedPassword: text().notNull(),
      active: integer(),
    })
    const { problems } = drizzleUsers(drizzle(new Database(':memory:')), members, {
      columns: { isActive: { property: 'active', codec: flag('Y', 'N') } } as never,
    })
    expect(problems).toEqual([expect.stringContaining('write flag(1, 0)')])
  })
})
