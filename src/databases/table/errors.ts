/**
 * What databases say when a statement is refused, whichever query builder was in between.
 *
 * No error of a driver leaves as it is: its message, detail or wrapper may quote what was to be
 * written, the password hash among it.
 */
import { echoesOf } from '../../echo.ts'
import { RejectedValue, StoreUnavailable, UniqueViolation } from '../../users/store.ts'
import type { TableDescription } from './description.ts'

/** The database refused a statement. The message says why, without the values. */
export class DatabaseError extends Error {
  /** The database's or the driver's own code, such as `23502` or `ER_NO_SUCH_TABLE`. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.name = 'DatabaseError'
    this.code = code
  }
}

type Fields = Readonly<Record<string, unknown>>

/**
 * The error to throw for what a statement on this table threw: a `UniqueViolation` of its own
 * constraints, a `RejectedValue`, a `StoreUnavailable`, or a `DatabaseError`.
 *
 * @param values What the statement was given; never repeated.
 */
export function statementError(
  thrown: unknown,
  table: TableDescription,
  values: readonly unknown[] = [],
): Error {
  // What we threw ourselves, from inside a transaction.
  const ours = [UniqueViolation, RejectedValue, StoreUnavailable, DatabaseError]
  if (ours.some((one) => thrown instanceof one)) return thrown as Error
  // A query builder's wrapper quotes the statement and its parameters, which may say anything; what
  // the database said has a code, or is below.
  const all = causes(thrown)
  const said = all.filter((one) => 'code' in one || !('query' in one && 'params' in one))
  const chain = said.length > 0 ? said : all
  for (const error of chain) {
    const violated = violation(error, table)
    if (violated) return new UniqueViolation(violated)
    const rejected = rejection(error, table)
    if (rejected) return new RejectedValue(rejected)
  }
  const error = said[0] ?? {}
  const code = text(error, 'code')
  const message = redacted(text(error, 'message') ?? 'no reason was given', values)
  const told = `crudauth: a statement on ${table.name} failed: ${message}`
  return chain.some(isOutage) ? new StoreUnavailable(told, code) : new DatabaseError(told, code)
}

/** Whether the database could not be reached, has gone, or has no connection to spare. */
function isOutage(error: Fields): boolean {
  return outageCodes.test(text(error, 'code') ?? '') || outages.test(text(error, 'message') ?? '')
}

/**
 * Of sockets and names; PostgreSQL's classes 08, 53 and 57P (connection, resources, shut down), and
 * what took longer than the server lets it; of postgres.js and undici; MySQL's; SQLite's; Prisma's.
 */
const outageCodes = new RegExp(
  [
    'ECONN\\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT',
    '08...|53...|57P0[1-5]|57014|55P03|25P0[34]',
    'CONNECTION_\\w+|CONNECT_TIMEOUT|UND_ERR_\\w+',
    'PROTOCOL_(?:CONNECTION_LOST|SEQUENCE_TIMEOUT|ENQUEUE_\\w+)|POOL_\\w+',
    'ER_(?:CON_COUNT_ERROR|SERVER_SHUTDOWN|TOO_MANY_USER_CONNECTIONS|LOCK_WAIT_TIMEOUT)',
    'ER_(?:CONNECTION_KILLED|QUERY_INTERRUPTED|QUERY_TIMEOUT|STATEMENT_TIMEOUT)',
    'SQLITE_(?:BUSY|LOCKED|CANTOPEN|IOERR|FULL)\\w*',
    'P1001|P1002|P1008|P1017|P2024|P2028',
  ]
    .map((codes) => `^(?:${codes})$`)
    .join('|'),
)

/** What `pg` and mysql2 say without a code. */
const outages = new RegExp(
  [
    'Connection terminated|Connection ended|timeout exceeded when trying to connect',
    'Client (?:has encountered a connection error|was closed) and is not queryable',
    'Cannot use a pool after calling end|Query read timeout',
    "Can't (?:add new command when connection is|write) in closed state",
    'Pool is closed|No connections available|Queue limit reached',
    'max_statement_time exceeded',
  ].join('|'),
  'i',
)

/**
 * The properties of the violated constraint, none when it is not said; `null` for another error.
 */
function violation(error: Fields, table: TableDescription): readonly string[] | null {
  if (error['code'] === '23505') return onPostgres(error, table)
  if (error['errno'] === 1062) return onMysql(error, table)
  return onSqlite(error, table)
}

/** The properties whose value was refused, none when it is not said; `null` for another error. */
function rejection(error: Fields, table: TableDescription): readonly string[] | null {
  const { code, errno } = error
  // Class 22, data exceptions; a foreign key; a check.
  if (typeof code === 'string' && /^(?:22...|23503|23514)$/.test(code)) {
    return onPostgres(error, table)
  }
  const message = text(error, 'sqlMessage') ?? text(error, 'message') ?? ''
  const said = valueErrors.test(message) || (typeof errno === 'number' && mysqlErrors.has(errno))
  if (!said) return null
  // MySQL: "for column 'age' at row 1", "(`shop`.`users`, CONSTRAINT … FOREIGN KEY (`plan`) …".
  const relation = /\(`[^`]*`\.`([^`]*)`, CONSTRAINT/.exec(message)?.[1]
  if (relation !== undefined && relation !== bare(table.name)) return null
  const named =
    /for column .*?['`.]([^'`.]+)['`] at row/.exec(message)?.[1] ??
    /FOREIGN KEY \(`([^`]*)`\)/.exec(message)?.[1] ??
    /value in \w+ column \w+\.(\w+)/.exec(message)?.[1]
  const property = named === undefined ? undefined : propertyOf(named, table)
  return property === undefined ? [] : [property]
}

/** SQLite's, which name no more than that. */
const valueErrors =
  /\b(?:CHECK constraint failed|FOREIGN KEY constraint failed|cannot store \w+ value in|datatype mismatch)/

/**
 * MySQL's and MariaDB's: too long, out of range, not of the type, not in the column's character
 * set, a foreign key, a check.
 */
const mysqlErrors: ReadonlySet<number> = new Set([
  1264, 1265, 1267, 1270, 1271, 1292, 1366, 1367, 1406, 1452, 1690, 3140, 3819, 3988, 4025,
])

/** PostgreSQL, in the words of `pg`, `postgres` and PGlite. */
function onPostgres(error: Fields, table: TableDescription): readonly string[] | null {
  const relation = text(error, 'table') ?? text(error, 'table_name')
  if (relation !== undefined && relation !== bare(table.name)) return null
  const columns = /^Key \((.*?)\)=\(/.exec(text(error, 'detail') ?? '')?.[1]
  const named = columns?.split(', ').map((column) => propertyOf(unwrapped(column), table))
  if (named?.every((property) => property !== undefined)) return named as string[]
  const constraint = text(error, 'constraint') ?? text(error, 'constraint_name') ?? ''
  return table.constraints.get(constraint) ?? []
}

/**
 * MySQL names the key, with its table before it; MariaDB without. An unnamed one is its column's.
 */
function onMysql(error: Fields, table: TableDescription): readonly string[] | null {
  const message = text(error, 'sqlMessage') ?? text(error, 'message') ?? ''
  const [key = '', relation] = (/for key '([^']*)'$/.exec(message)?.[1] ?? '').split('.').reverse()
  if (relation !== undefined && relation !== bare(table.name)) return null
  const column = propertyOf(key, table)
  return table.constraints.get(key) ?? (column === undefined ? [] : [column])
}

/** SQLite names `table.column`s, or an index on an expression; some services append their code. */
function onSqlite(error: Fields, table: TableDescription): readonly string[] | null {
  const failed = /UNIQUE constraint failed: (.*)$/m.exec(text(error, 'message') ?? '')?.[1]
  if (failed === undefined) return null
  const index = /^index '(.*)'/.exec(failed)?.[1]
  if (index !== undefined) return table.constraints.get(index) ?? []
  const prefix = `${table.name}.`.toLowerCase()
  const names = failed.replace(/: SQLITE_.*$/, '').split(', ')
  if (!names.every((name) => name.toLowerCase().startsWith(prefix))) return null
  return names
    .map((name) => propertyOf(name.slice(prefix.length), table))
    .filter((property) => property !== undefined)
}

/**
 * Database column to property. A query builder's casing option makes the database's names differ
 * from the schema's in case and underscores.
 */
function propertyOf(name: string, { columns }: TableDescription): string | undefined {
  const all = [...columns.values()]
  const exact = all.find(({ column }) => column === name)
  if (exact) return exact.property
  const fold = (one: string) => one.toLowerCase().replaceAll('_', '')
  const alike = all.filter(({ column }) => fold(column) === fold(name))
  return alike.length === 1 ? alike[0]?.property : undefined
}

/** `lower((email)::text)` as PostgreSQL writes an indexed expression, and `"Email"`. */
function unwrapped(expression: string): string {
  const inner = /^lower\(\(?(.+?)\)?(?:::[\w ]+)?\)$/.exec(expression)?.[1] ?? expression
  return inner.replaceAll('"', '')
}

/** A table's name without its schema. */
function bare(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** An error and what caused it, outermost first; drivers do build circles. */
export function causes(thrown: unknown): Fields[] {
  const chain: Fields[] = []
  let error = thrown
  while (typeof error === 'object' && error !== null && !chain.includes(error as Fields)) {
    chain.push(error as Fields)
    error = (error as Fields)['cause']
  }
  return chain
}

/**
 * Without the values; nothing but that there was a reason, where it repeats one in another form.
 */
function redacted(message: string, values: readonly unknown[]): string {
  const told = values.filter((value) => typeof value === 'string' && value.length > 2) as string[]
  const numbers = values.filter((value) => typeof value === 'number' || typeof value === 'bigint')
  // The longest first: one value may contain another.
  const rest = [...told, ...numbers.map(String).filter((digits) => digits.length > 2)]
    .sort((a, b) => b.length - a.length)
    .reduce((text, value) => text.replaceAll(value, '…'), message)
  return echoesOf(told)(rest) ? 'the reason repeats what was to be written' : rest
}

function text(error: Fields, name: string): string | undefined {
  const value = error[name]
  return typeof value === 'string' ? value : undefined
}
