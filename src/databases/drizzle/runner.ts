/**
 * How the drivers below Drizzle are run, and what they answer.
 */
import { createHash } from 'node:crypto'
import type { SQL, Table } from 'drizzle-orm'
import { type Eventually, orElse } from '../../eventually.ts'
import type { Dialect } from '../table/description.ts'
import { causes } from '../table/faults.ts'
import type { Row } from '../table/statements.ts'

/** What the three dialects' databases have in common, as far as we use it. */
export interface QueryDatabase {
  /** @param fields Default: all columns of the table. */
  select(fields?: Readonly<Record<string, unknown>>): {
    from(table: Table): Selection & {
      leftJoin(table: Table, on: SQL | undefined): Selection
    }
  }
  insert(table: Table): { values(values: object): Query }
  update(table: Table): { set(values: object): { where(condition: SQL | undefined): Query } }
  delete(table: Table): { where(condition: SQL | undefined): Query }
  transaction<Value>(work: (transaction: QueryDatabase) => Eventually<Value>): Eventually<Value>
}

interface Selection {
  innerJoin(rows: SQL, on: SQL): Selection
  where(condition: SQL | undefined): Query
}

/** A query that was built and not yet run. */
export interface Query {
  prepare(name?: string): PreparedQuery
  toSQL(): { sql: string }
  /** Of a selection on PostgreSQL and MySQL: the rows are locked. */
  for?(strength: 'update'): Query
  /** Of SQLite alone. */
  all?(): Eventually<Row[]>
  run?(): Eventually<unknown>
  execute(): Eventually<unknown>
}

interface PreparedQuery {
  all?(values: Row): Eventually<Row[]>
  run?(values: Row): Eventually<unknown>
  execute(values: Row): Eventually<unknown>
}

/** What to make of an error: it throws another one. */
export type Failed = (error: unknown) => never

export interface Prepared {
  /** Whatever may see an error is one function, since each that waits for it is a promise. */
  rows(values: Row, failed: Failed): Eventually<readonly Row[]>
  run(values: Row, failed: Failed): Eventually<unknown>
}

export interface Runner {
  readonly isSync: boolean
  prepare(query: Query): Prepared
  rows(query: Query): Eventually<readonly Row[]>
  run(query: Query): Eventually<unknown>
  /** How many rows a statement found and wrote, from the driver's answer. */
  affected(result: unknown): number
  /** The key that the database gave a new row, where the driver says. */
  insertedId(result: unknown): unknown
}

export function runnerFor(database: unknown, dialect: Dialect, prepares: boolean): Runner {
  const isSync = (database as { resultKind?: unknown }).resultKind === 'sync'
  const common = { isSync, affected: affectedRows, insertedId }
  if (dialect === 'sqlite') {
    return {
      ...common,
      prepare(query) {
        const prepared = query.prepare() as Required<PreparedQuery>
        return {
          rows: (values, failed) => orElse(() => prepared.all(values), failed),
          run: (values, failed) => orElse(() => prepared.run(values), failed),
        }
      },
      rows: (query) => (query as Required<Query>).all(),
      run: (query) => (query as Required<Query>).run(),
    }
  }
  return {
    ...common,
    prepare: (query) =>
      prepares && dialect === 'postgresql' ? named(query) : unnamed(query.prepare('')),
    rows: (query) => query.execute() as Promise<Row[]>,
    run: (query) => query.execute(),
  }
}

function unnamed(prepared: PreparedQuery): Prepared {
  return executed((values, failed) => orElse(() => prepared.execute(values), failed))
}

function executed(execute: Prepared['run']): Prepared {
  return { rows: execute as Prepared['rows'], run: execute }
}

/**
 * A statement under a name, which each connection keeps as it was planned. A migration that changes
 * a column's type makes the plan stale for as long as the connection lives; under another name it
 * is made anew.
 */
function named(query: Query): Prepared {
  let times = 0
  let prepared = query.prepare(statementName(query))
  return executed((values, failed) => {
    const used = prepared
    return orElse(
      () => used.execute(values),
      (error) => {
        if (!isStalePlan(error)) return failed(error)
        if (used === prepared) prepared = query.prepare(`${statementName(query)}_${++times}`)
        return orElse(() => prepared.execute(values), failed)
      },
    )
  })
}

/** "cached plan must not change result type", in whatever language. */
function isStalePlan(thrown: unknown): boolean {
  return causes(thrown).some(
    ({ code, routine }) => code === '0A000' && routine === 'RevalidateCachedQuery',
  )
}

/** One name for one text: PostgreSQL refuses a second text under a name. */
function statementName(query: Query): string {
  return `crudauth_${createHash('sha256').update(query.toSQL().sql).digest('hex').slice(0, 16)}`
}

/**
 * @throws Error for a driver whose answer does not tell: a conditional write that cannot be told
 *   from one that did nothing would let two people win.
 */
export function affectedRows(result: unknown): number {
  // mysql2 answers [header, fields]; the pg family, and SQLite's drivers, an object.
  const header = (Array.isArray(result) && !('count' in result) ? result[0] : result) as {
    readonly info?: unknown
    readonly meta?: { readonly changes?: unknown }
  } & Readonly<Record<string, unknown>>
  // A connection without FOUND_ROWS counts changes only; what MySQL says besides is exact.
  const matched = /^Rows matched: (\d+)/.exec(String(header?.info ?? ''))?.[1]
  if (matched !== undefined) return Number(matched)
  for (const name of ['changes', 'rowCount', 'affectedRows', 'rowsAffected', 'count']) {
    const count = header?.[name]
    if (typeof count === 'number' || typeof count === 'bigint') return Number(count)
  }
  const changes = header?.meta?.changes
  if (typeof changes === 'number') return changes
  throw new Error(
    'crudauth: this database driver does not say how many rows a statement wrote; use one that does',
  )
}

function insertedId(result: unknown): unknown {
  const header = (Array.isArray(result) ? result[0] : result) as Readonly<Record<string, unknown>>
  return header?.['insertId'] ?? header?.['lastInsertRowid'] ?? header?.['lastInsertRowId']
}
