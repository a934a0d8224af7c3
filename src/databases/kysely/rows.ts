/**
 * The store of one kind of row over a Kysely table.
 */
import type { Kysely, Selectable } from 'kysely'
import { mappedFields, type RowStore, type RowTable, uniqueFields } from '../../rows/row-store.ts'
import type { Dialect } from '../table/description.ts'
import { openTable } from '../table/open.ts'
import type { Row, Statements, Values } from '../table/statements.ts'
import type { PropertiesFor, RowColumnsOf } from '../table/types.ts'
import { describeTable, type KeyKind } from './describe.ts'
import { dialectOf, requireKysely } from './dialect.ts'
import { moment, readMoment } from './moment.ts'
import { type AnyDatabase, kyselyStatements } from './statements.ts'

/** What the columns of these fields may hold: on SQLite a moment is text. */
type ColumnTypes<Types> = {
  [Field in keyof Types]: Types[Field] extends Date | null ? Types[Field] | string : Types[Field]
}

export interface KyselyRowsOptions<DB, T extends keyof DB & string, Types> {
  /** Logical field to column. Those that are not required may be missing. */
  columns: RowColumnsOf<Selectable<DB[T]>, ColumnTypes<Types>>
  /** What the column of the user's id is. Default `text`, which takes any. */
  userKey?: KeyKind
  /** The column that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<Selectable<DB[T]>, string | number | bigint>
  /** Default: read off the Kysely dialect; needed for one of your own. */
  dialect?: Dialect
}

/**
 * What is wrong with the map is reported by `crudAuth()`, together with everything else. What the
 * kind says is unique must be so in the table, which Kysely cannot tell.
 *
 * @throws ConfigurationError when the dialect cannot be told.
 */
export function kyselyRows<DB, T extends keyof DB & string, Types extends { id: unknown }>(
  db: Kysely<DB>,
  table: T,
  kind: RowTable<keyof Types & string>,
  options: KyselyRowsOptions<DB, T, Types>,
): RowStore<keyof Types & string> {
  type Field = keyof Types & string
  requireKysely('kyselyApiKeys and its like', db, table, options)
  const dialect = options.dialect ?? dialectOf(db)
  const columns = options.columns as Readonly<Partial<Record<Field, string>>>
  const tenant = options.tenant as string | undefined
  const columnsOf = (fields: readonly Field[]) =>
    fields.map((field) => columns[field]).filter((column) => column !== undefined)
  const fields = Object.keys(kind) as Field[]
  const keys = fields.flatMap((field): [Field, KeyKind][] => {
    const { key } = kind[field]
    if (key === undefined) return []
    return [[field, key === 'own' ? 'text' : (options.userKey ?? 'text')]]
  })
  const mapped = mappedFields(kind)
  const description = describeTable<Field>(
    {
      table,
      dialect,
      columns,
      factors: {},
      others: [],
      tenant,
      keys: Object.fromEntries(keys),
      unique: columnsOf(uniqueFields(kind)),
    },
    mapped,
  )
  return openTable<Field>(description, { adapter: 'kysely', columns, tenant }, mapped, (known) => {
    // Inside, the application's table is any table.
    const statements = kyselyStatements(db as unknown as Kysely<AnyDatabase>, {
      ...known,
      where: undefined,
      timestamps: {},
      description,
    })
    const moments = columnsOf(fields.filter((field) => kind[field].types.includes('date')))
    return dialect === 'sqlite' ? momentsAsText(statements, moments) : statements
  })
}

/** SQLite's drivers take and give text where the core has a `Date`. */
function momentsAsText(statements: Statements, moments: readonly string[]): Statements {
  const written = (values: Values): Values =>
    Object.fromEntries(
      Object.entries(values).map(([column, value]) => [
        column,
        value instanceof Date ? moment(value.getTime(), 'sqlite') : value,
      ]),
    )
  const read = (row: Row): Row => ({
    ...row,
    ...Object.fromEntries(moments.map((column) => [column, readMoment(row[column], column)])),
  })
  const { selectEach } = statements
  return {
    ...statements,
    select: async (column, value, scope, also) =>
      (await statements.select(column, value, scope, also)).map(read),
    ...(selectEach && {
      selectEach: async (...call: Parameters<typeof selectEach>) =>
        (await selectEach(...call)).map(read),
    }),
    selectWith(reference, beside) {
      const select = statements.selectWith?.(reference, beside) ?? null
      return (
        select &&
        (async (...call) =>
          (await select(...call)).map(({ row, other }) => ({ row: read(row), other })))
      )
    },
    insert: async (values, scope, during) =>
      read(await statements.insert(written(values), scope, during)),
    update: (key, values, scope, when) =>
      statements.update(key, written(values), scope, written(when)),
    delete: (key, scope, when) => statements.delete(key, scope, written(when)),
  }
}
