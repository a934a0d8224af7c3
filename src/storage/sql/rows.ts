/**
 * The rows of the SQL storage: read, and written only if nobody else wrote in between.
 *
 * Every state is one row: `id` (the digest of the key, so that no collation and no length matters),
 * `value`, `version`, `expires_at` (milliseconds by the database's own clock, the only one that all
 * processes share). What takes a decision is read, decided here, and written under the condition
 * that the version is still the one that was read. A version is random, so that a row that was
 * deleted and made anew is never taken for the old one.
 */
import { createHash, randomInt } from 'node:crypto'
import { andThen, type Eventually } from '../../eventually.ts'
import {
  type FoundRows,
  Raw,
  type SqlDialect,
  type Statement,
  type StatementRunner,
  statement,
  withList,
} from './statement.ts'

/** Whether somebody still waits for the answer: what nobody waits for is not sent. */
export type HasTime = () => boolean

/** Runs statements as long as somebody waits for them. */
export interface TimedRunner {
  prepare(
    statement: Statement,
    columns: readonly string[],
  ): (parameters: Statement['parameters'], hasTime?: HasTime) => Eventually<FoundRows>
  write(statement: Statement, hasTime?: HasTime): Eventually<number>
}

/** What is stored under a key. */
export interface StoredRow {
  readonly value: string
  readonly version: number
  /** Milliseconds by the database's clock. */
  readonly expiresAt: number
}

export interface Reading {
  /** `null` when there is none that is live. */
  readonly row: StoredRow | null
  /** The database's clock, in milliseconds. */
  readonly now: number
}

export type TableOfRows = Pick<StatementRunner, 'dialect' | 'table'>

export class Rows {
  readonly #runner: TimedRunner
  readonly #dialect: SqlDialect
  readonly #table: Raw
  readonly #now: Raw
  readonly #find: ReturnType<TimedRunner['prepare']>
  /** By how many keys each is about. */
  readonly #findMany: Map<number, ReturnType<TimedRunner['prepare']>> = new Map()

  constructor(runner: TimedRunner, { dialect, table }: TableOfRows) {
    this.#runner = runner
    this.#dialect = dialect
    this.#table = new Raw(table)
    this.#now = new Raw(clocks[dialect])
    // One word for each column: what renames them on the way finds nothing to do.
    this.#find = runner.prepare(
      statement`select t.value as value, t.version as version, t.expires_at as expires, n.now as now from (select ${this.#now} as now) n left join ${this.#table} t on t.id = ${''} and t.expires_at > n.now`,
      ['value', 'version', 'expires', 'now'],
    )
  }

  read(key: string, hasTime?: HasTime): Eventually<Reading> {
    return andThen(this.find(key, hasTime), readingOf)
  }

  /** The same for who wants the value alone, by `valueIn`. */
  find(key: string, hasTime?: HasTime): Eventually<FoundRows> {
    return this.#find([digest(key)], hasTime)
  }

  /** Writes whatever is there. */
  async put(key: string, value: string, ttl: number, hasTime?: HasTime): Promise<void> {
    await this.#runner.write(this.#upsert(digest(key), value, ttl), hasTime)
  }

  /** Writes only where nothing live is. */
  async insert(key: string, value: string, ttl: number, hasTime?: HasTime): Promise<boolean> {
    const id = digest(key)
    await this.#runner.write(
      statement`delete from ${this.#table} where id = ${id} and expires_at <= ${this.#now}`,
      hasTime,
    )
    return (await this.#runner.write(this.#insertNew(id, value, ttl), hasTime)) > 0
  }

  /** Writes only where something live is; with a version, only that very row. */
  async update(
    key: string,
    value: string,
    lifetime: { ttl: number } | { expiresAt: number },
    version?: number,
    hasTime?: HasTime,
  ): Promise<boolean> {
    const expires = 'ttl' in lifetime ? this.#in(lifetime.ttl) : new Raw(String(lifetime.expiresAt))
    const same = version === undefined ? new Raw('') : new Raw(` and version = ${version}`)
    const written = await this.#runner.write(
      statement`update ${this.#table} set value = ${encoded(value)}, version = ${newVersion()}, expires_at = ${expires} where id = ${digest(key)} and expires_at > ${this.#now}${same}`,
      hasTime,
    )
    return written > 0
  }

  /** Deletes what is live; with a version, only that very row. */
  async remove(key: string, version?: number, hasTime?: HasTime): Promise<boolean> {
    const same = version === undefined ? new Raw('') : new Raw(` and version = ${version}`)
    const removed = await this.#runner.write(
      statement`delete from ${this.#table} where id = ${digest(key)} and expires_at > ${this.#now}${same}`,
      hasTime,
    )
    return removed > 0
  }

  /** The live values under these keys, in their order. */
  async readMany(keys: readonly string[], hasTime?: HasTime): Promise<(string | null)[]> {
    const ids = keys.map(digest)
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, ids.length)))
    const filled = [...ids, ...Array.from({ length: size - ids.length }, () => ids[0] ?? '')]
    const found = await this.#findOf(size)(filled, hasTime)
    const values = new Map(found.map((row) => [String(row['id']), String(row['value'])]))
    return ids.map((id) => {
      const value = values.get(id)
      return value === undefined ? null : decoded(value)
    })
  }

  /** A database keeps one statement for each size: these are powers of two. */
  #findOf(size: number): ReturnType<TimedRunner['prepare']> {
    const known = this.#findMany.get(size)
    if (known) return known
    const start = statement`select t.id as id, t.value as value from ${this.#table} t where t.expires_at > ${this.#now} and t.id in `
    const list = Array.from({ length: size }, () => '')
    const made = this.#runner.prepare(withList(start, list), ['id', 'value'])
    this.#findMany.set(size, made)
    return made
  }

  /** Deletes what is live under these keys; how many there were. */
  async removeMany(keys: readonly string[], hasTime?: HasTime): Promise<number> {
    const start = statement`delete from ${this.#table} where expires_at > ${this.#now} and id in `
    return await this.#runner.write(withList(start, keys.map(digest)), hasTime)
  }

  /** Deletes up to so many expired rows, and tells how many. */
  async purge(limit: number): Promise<number> {
    const most = new Raw(String(limit))
    const table = this.#table
    const doomed: Readonly<Record<StatementRunner['dialect'], () => Statement>> = {
      // Rows that somebody else is at are left for the next time. The moment at which the statement
      // began does not change within it, as `clock_timestamp` does: only so is the index of use.
      postgresql: () =>
        statement`delete from ${table} where id in (select id from ${table} where expires_at <= ${statementStart} limit ${most} for update skip locked)`,
      mysql: () => statement`delete from ${table} where expires_at <= ${this.#now} limit ${most}`,
      sqlite: () =>
        statement`delete from ${table} where id in (select id from ${table} where expires_at <= ${this.#now} limit ${most})`,
    }
    return this.#runner.write(doomed[this.#dialect]())
  }

  #in(ttl: number): Raw {
    return new Raw(`${this.#now.text} + ${ttl}`)
  }

  #upsert(id: string, value: string, ttl: number): Statement {
    const version = newVersion()
    const expires = this.#in(ttl)
    return this.#dialect === 'mysql'
      ? statement`insert into ${this.#table} (id, value, version, expires_at) values (${id}, ${encoded(value)}, ${version}, ${expires}) on duplicate key update value = values(value), version = values(version), expires_at = values(expires_at)`
      : statement`insert into ${this.#table} (id, value, version, expires_at) values (${id}, ${encoded(value)}, ${version}, ${expires}) on conflict (id) do update set value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`
  }

  #insertNew(id: string, value: string, ttl: number): Statement {
    const version = newVersion()
    const expires = this.#in(ttl)
    return this.#dialect === 'mysql'
      ? statement`insert ignore into ${this.#table} (id, value, version, expires_at) values (${id}, ${encoded(value)}, ${version}, ${expires})`
      : statement`insert into ${this.#table} (id, value, version, expires_at) values (${id}, ${encoded(value)}, ${version}, ${expires}) on conflict (id) do nothing`
  }
}

/** The live value in what `find` found. */
export function valueIn([found]: FoundRows): string | null {
  const value = found?.['value']
  return typeof value === 'string' ? decoded(value) : null
}

function readingOf([found]: FoundRows): Reading {
  const now = Number(found?.['now'])
  const value = found?.['value']
  const row =
    typeof value === 'string'
      ? {
          value: decoded(value),
          version: Number(found?.['version']),
          expiresAt: Number(found?.['expires']),
        }
      : null
  return { row, now }
}

/** Milliseconds since the epoch, whatever time zone the connection is set to. */
const clocks: Readonly<Record<StatementRunner['dialect'], string>> = {
  postgresql: postgresMilliseconds('clock_timestamp()'),
  mysql: "(timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000)",
  sqlite: "cast((julianday('now') - 2440587.5) * 86400000 as integer)",
}

const statementStart = new Raw(postgresMilliseconds('statement_timestamp()'))

function postgresMilliseconds(moment: string): string {
  return `cast(floor(extract(epoch from ${moment}) * 1000) as bigint)`
}

/** PostgreSQL's text has no NUL. */
function encoded(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\0', '\\0')
}

function decoded(text: string): string {
  return text.replaceAll(/\\([\\0])/g, (_, character: string) => (character === '0' ? '\0' : '\\'))
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** 47 bits: enough for two writers of one row, and exact in every driver. */
function newVersion(): number {
  return randomInt(2 ** 47)
}
