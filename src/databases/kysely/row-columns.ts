/**
 * A new table of one kind of row for Kysely: its columns, made from the kind's description.
 */
import { type CreateTableBuilder, type RawBuilder, sql } from 'kysely'
import type { RowField, RowTable } from '../../rows/row-store.ts'
import type { Dialect } from '../table/description.ts'
import { type SnakeCase, snakeCase } from '../table/user-columns.ts'

/** Logical field to column. */
export type RowColumns<Field extends string> = { readonly [F in Field]: SnakeCase<F> }

export function rowColumns<Field extends string>(kind: RowTable<Field>): RowColumns<Field> {
  const named = Object.keys(kind).map((field) => [field, snakeCase(field)])
  return Object.fromEntries(named) as RowColumns<Field>
}

export function addRowColumns<T extends string, Field extends string>(
  table: CreateTableBuilder<T, never>,
  kind: RowTable<Field>,
  dialect: Dialect,
): CreateTableBuilder<T, SnakeCase<Field>> {
  const made = Object.entries<RowField>(kind).reduce(
    (builder, [field, { key, nullable = false, unique = false, ...rest }]) =>
      builder.addColumn(snakeCase(field), typeOf(rest, dialect), (column) => {
        if (key === 'own') return column.primaryKey()
        const present = nullable ? column : column.notNull()
        return unique ? present.unique() : present
      }),
    table as CreateTableBuilder<T, string>,
  )
  return made as unknown as CreateTableBuilder<T, SnakeCase<Field>>
}

function typeOf({ types, length }: RowField, dialect: Dialect): RawBuilder<unknown> {
  if (types.includes('date')) return sql.raw(moments[dialect])
  // Text, for another table's key, takes any; write a column of your own for a foreign key.
  if (!types.includes('string')) return sql.raw('integer')
  return sql.raw(length === undefined ? 'text' : `varchar(${length})`)
}

const moments: Readonly<Record<Dialect, string>> = {
  postgresql: 'timestamp with time zone',
  mysql: 'datetime(3)',
  sqlite: 'datetime',
}
