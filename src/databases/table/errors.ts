/**
 * What databases say when a statement is refused, whichever query builder was in between.
 *
 * No error of a driver leaves as it is: its message, detail or wrapper may quote what was to be
 * written, the password hash among it.
 */
import { echoesOf } from '../../echo.ts'
import { RejectedValue, StoreUnavailable, UniqueViolation } from '../../users/store.ts'
import type { TableDescription } from './description.ts'
import { causes, type Fields, faultOf, said as saidBy, text } from './faults.ts'

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

/** A new row that would be none of ours: written, it would be nobody's account, and in the way. */
export class RowOutside extends RejectedValue {
  constructor(table: string) {
    super([])
    this.message = `crudauth: a new row of ${table} was not there to be read; it must be in its tenant, and meet the condition 'where': give its columns such values in registration.newUserDefaults or newUserFields`
  }
}

/** A column that takes no null was to be emptied, or was left out. */
export class EmptyValue extends DatabaseError {
  /** The property of the column, where the driver says. */
  readonly property: string | undefined

  constructor(message: string, property: string | undefined, code?: string) {
    super(message, code)
    this.property = property
  }
}

/**
 * A statement that was given up for another's sake: it has written nothing, and can be repeated.
 */
export class ConflictingStatement extends StoreUnavailable {}

/** Whether it was thrown by us, from inside a transaction: it says what it has to say. */
export function isOurs(thrown: unknown): thrown is Error {
  const ours = [UniqueViolation, RejectedValue, StoreUnavailable, DatabaseError]
  return ours.some((one) => thrown instanceof one)
}

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
  if (isOurs(thrown)) return thrown
  const said = saidBy(thrown)
  const chain = said.length > 0 ? said : causes(thrown)
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
  const empty = chain.map((one) => emptied(one)).find((column) => column !== null)
  if (empty !== undefined) return new EmptyValue(told, propertyOf(empty, table), code)
  const fault = faultOf(chain)
  if (fault === null) return new DatabaseError(told, code)
  const options = { nothingWritten: fault !== 'unreachable' }
  return fault === 'conflict'
    ? new ConflictingStatement(told, code, options)
    : new StoreUnavailable(told, code, options)
}

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

/** The column that takes no null, empty where it is not said; `null` for another error. */
function emptied(error: Fields): string | null {
  const message = text(error, 'sqlMessage') ?? text(error, 'message') ?? ''
  if (error['code'] === '23502') return text(error, 'column') ?? text(error, 'column_name') ?? ''
  if (error['errno'] === 1048) return /^Column '(.*)' cannot be null/.exec(message)?.[1] ?? ''
  // SQLite names `table.column`.
  return /NOT NULL constraint failed: \S+\.(\S+)/.exec(message)?.[1] ?? null
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

/**
 * Without the values; nothing but that there was a reason, where it repeats one in another form.
 */
export function redacted(message: string, values: readonly unknown[]): string {
  const told = values.filter((value) => typeof value === 'string' && value.length > 2) as string[]
  const numbers = values.filter((value) => typeof value === 'number' || typeof value === 'bigint')
  // The longest first: one value may contain another.
  const rest = [...told, ...numbers.map(String).filter((digits) => digits.length > 2)]
    .sort((a, b) => b.length - a.length)
    .reduce((text, value) => text.replaceAll(value, '…'), message)
  return echoesOf(told)(rest) ? 'the reason repeats what was to be written' : rest
}
