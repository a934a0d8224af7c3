/**
 * What a Drizzle table is, read off the table itself: its dialect, columns, constraints and
 * indexes.
 *
 * `getTableConfig` and the table classes of `drizzle-orm/pg-core` and its like would tell the same,
 * but importing the three dialects takes longer than all the rest. A table carries what they read
 * under registered symbols, and every class the name of its kind.
 */
import type { Column, SQL, Table } from 'drizzle-orm'
import type { Dialect } from '../table/description.ts'

/** A primary key over several columns, or a unique constraint. */
interface Constraint {
  readonly columns: readonly Column[]
  getName?(): string | undefined
}

interface Index {
  readonly config: {
    readonly name?: string | undefined
    readonly unique?: boolean | undefined
    readonly where?: SQL | undefined
    readonly columns: readonly unknown[]
  }
}

export interface TableStructure {
  readonly dialect: Dialect
  readonly name: string
  readonly schema: string | undefined
  readonly primaryKeys: readonly Constraint[]
  readonly uniqueConstraints: readonly Constraint[]
  readonly indexes: readonly Index[]
}

/** How each dialect's classes begin. */
const prefixes: Readonly<Record<string, Dialect>> = {
  Pg: 'postgresql',
  MySql: 'mysql',
  SQLite: 'sqlite',
}

const entityKind = Symbol.for('drizzle:entityKind')

type Symbolic = Readonly<Record<symbol, unknown>>

/** `null` for something that is not a table of a known dialect. */
export function structureOf(table: Table): TableStructure | null {
  const [prefix, dialect] =
    Object.entries(prefixes).find(([start]) => isOfKind(table, `${start}Table`)) ?? []
  if (prefix === undefined || dialect === undefined) return null
  const constraints = constraintsOf(table)
  const built = <Built>(kind: string) =>
    constraints
      .filter((one) => isOfKind(one, prefix + kind))
      .map((one) => one.build(table) as Built)
  return {
    dialect,
    name: read<string>(table, 'Name'),
    schema: read<string | undefined>(table, 'Schema'),
    primaryKeys: built<Constraint>('PrimaryKeyBuilder'),
    uniqueConstraints: built<Constraint>('UniqueConstraintBuilder'),
    indexes: built<Index>('IndexBuilder'),
  }
}

/** By property. */
export function columnsOf(table: Table): Readonly<Record<string, Column>> {
  return read<Record<string, Column>>(table, 'Columns')
}

/** Whether a value is of a class of this name, in whichever copy of Drizzle. */
export function isOfKind(value: unknown, kind: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  let type: unknown = Object.getPrototypeOf(value)?.constructor
  while (typeof type === 'function') {
    if ((type as unknown as Symbolic)[entityKind] === kind) return true
    type = Object.getPrototypeOf(type)
  }
  return false
}

interface Builder {
  build(table: Table): unknown
}

/** What the third argument of `pgTable()` and its like returns, not yet built. */
function constraintsOf(table: Table): readonly Builder[] {
  type Configure = (columns: unknown) => readonly unknown[] | Readonly<Record<string, unknown>>
  const configure = read<Configure | undefined>(table, 'ExtraConfigBuilder')
  if (configure === undefined) return []
  // PostgreSQL's have columns of their own here, which know how they are sorted.
  const own = read<object | undefined>(table, 'ExtraConfigColumns') ?? {}
  const made = configure(Object.keys(own).length > 0 ? own : columnsOf(table))
  return (Array.isArray(made) ? made.flat() : Object.values(made)) as Builder[]
}

function read<Value>(table: Table, name: string): Value {
  return (table as unknown as Symbolic)[Symbol.for(`drizzle:${name}`)] as Value
}
