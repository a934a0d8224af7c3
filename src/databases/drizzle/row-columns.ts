/**
 * A new table of one kind of row for Drizzle: its columns, made from the kind's description out of
 * a dialect's own.
 */
import type { RowField, RowTable } from '../../rows/row-store.ts'
import { snakeCase } from '../table/user-columns.ts'

/** A dialect's own columns, from which a table is put together; by the column's name. */
export interface RowColumnParts {
  date(column: string): unknown
  whole(column: string): unknown
  /** Text of any length. */
  text(column: string): unknown
  /** Text of at most `length` characters. */
  short(column: string, length: number): unknown
}

type Plain<
  Parts extends RowColumnParts,
  Field extends RowField,
> = 'date' extends Field['types'][number]
  ? ReturnType<Parts['date']>
  : 'string' extends Field['types'][number]
    ? ReturnType<Field extends { length: number } ? Parts['short'] : Parts['text']>
    : ReturnType<Parts['whole']>

/** What each of these makes of a column is for Drizzle to say. */
type Present<Column, Field extends RowField> = Field extends { key: 'own' }
  ? Column extends { primaryKey(): infer Key }
    ? Key
    : never
  : Field extends { nullable: true }
    ? Column
    : Column extends { notNull(): infer Held }
      ? Held
      : never

/** The columns of a kind of row in a dialect. */
export type RowColumns<Parts extends RowColumnParts, Kind extends RowTable> = {
  [Field in keyof Kind]: Present<Plain<Parts, Kind[Field]>, Kind[Field]>
}

interface Builder {
  primaryKey(): Builder
  notNull(): Builder
  unique(): Builder
}

export function rowColumns<Parts extends RowColumnParts, Kind extends RowTable>(
  parts: Parts,
  kind: Kind,
): RowColumns<Parts, Kind> {
  const made = Object.entries<RowField>(kind).map(([field, described]) => {
    const plain = plainColumn(parts, snakeCase(field), described) as Builder
    if (described.key === 'own') return [field, plain.primaryKey()]
    const present = described.nullable ? plain : plain.notNull()
    return [field, described.unique ? present.unique() : present]
  })
  return Object.fromEntries(made) as RowColumns<Parts, Kind>
}

function plainColumn(parts: RowColumnParts, name: string, { types, length }: RowField): unknown {
  if (types.includes('date')) return parts.date(name)
  // Text, for another table's key, takes any; write a column of your own for a foreign key.
  if (!types.includes('string')) return parts.whole(name)
  return length === undefined ? parts.text(name) : parts.short(name, length)
}
