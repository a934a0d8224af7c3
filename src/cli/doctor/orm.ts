/**
 * What each query builder makes of a table: under which name a column appears in rows, and as what.
 *
 * For Drizzle that is what `drizzle-kit pull` writes, for Kysely what `kysely-codegen` writes and
 * the usual driver gives, for Prisma what `prisma db pull` writes.
 */

import type { MomentForm } from '../../users/codec.ts'
import type { UserColumn } from '../../users/store.ts'
import type { Dialect, InspectedColumn, InspectedTable } from './table.ts'

export type Orm = 'drizzle' | 'kysely' | 'prisma'

export const orms: readonly Orm[] = ['drizzle', 'kysely', 'prisma']

/** `bytes` is a type of ours, which no field takes. */
export type SeenType = UserColumn['type'] | 'bytes'

/** How a moment is kept, whatever a driver makes of the numbers. */
export type SeenForm = 'date' | 'iso' | 'text' | 'seconds' | 'milliseconds'

/** The name of a column in rows. */
export function propertyOf(orm: Orm, column: string): string {
  if (orm === 'drizzle') return pulledName(column)
  if (orm === 'kysely') return column
  // Prisma takes no name that does not begin with a letter, and leaves other characters out.
  return column.replace(/^[^A-Za-z]+/, '').replace(/\W/g, '_')
}

/** The table: an identifier, a name in the database's type, or a model. */
export function tableIn(orm: Orm, name: string): string {
  const [table = '', schema] = name.split('.').reverse()
  switch (orm) {
    case 'drizzle': {
      const suffix =
        schema === undefined || schema === 'public'
          ? ''
          : `In${schema.charAt(0).toUpperCase()}${schema.slice(1)}`
      return identifier(pulledName(table + suffix))
    }
    case 'kysely':
      return name
    case 'prisma':
      return propertyOf(orm, table).replace(/^[A-Z]/, (letter) => letter.toLowerCase())
  }
}

/** As a name in TypeScript. */
export function identifier(name: string): string {
  const plain = name.replace(/[^\w$]/g, '_')
  return /^\d/.test(plain) ? `_${plain}` : plain
}

export function typeIn(orm: Orm, dialect: Dialect, column: InspectedColumn): SeenType {
  const { type, sqlType, values } = column
  if (/\[\]$/.test(sqlType)) return 'other'
  if (/^(?:bytea|blob|tinyblob|mediumblob|longblob|binary|varbinary)/.test(sqlType)) return 'bytes'
  if (values) return 'string'
  switch (orm) {
    case 'drizzle':
      return typeInDrizzle(dialect, column)
    case 'kysely':
      return typeInKysely(dialect, type, sqlType)
    case 'prisma':
      return typeInPrisma(type, sqlType)
  }
}

function typeInDrizzle(
  dialect: Dialect,
  { type, sqlType, defaultText = '' }: InspectedColumn,
): SeenType {
  if (dialect === 'sqlite') {
    if (/int/.test(sqlType)) return 'number'
    if (/real|floa|doub/.test(sqlType)) return 'number'
    // Whatever else it is called, it is pulled as `text` or as `numeric`, which is text, too.
    return 'string'
  }
  if (type === 'date' || /^(?:numeric|decimal|time|interval|inet|cidr|macaddr)/.test(sqlType)) {
    return 'string'
  }
  // A key that a sequence fills is pulled as `bigserial({ mode: 'bigint' })`.
  if (type === 'bigint') return /^nextval\(/.test(defaultText) ? 'bigint' : 'number'
  if (type === 'boolean' && dialect === 'mysql') return 'number'
  return type
}

function typeInKysely(dialect: Dialect, type: UserColumn['type'], sqlType: string): SeenType {
  if (dialect === 'sqlite') {
    if (/int|real|floa|doub|numeric|decimal|^boolean$/.test(sqlType)) return 'number'
    // Its types say text of `bool` and moments; better-sqlite3 gives a number for a stored number.
    return 'string'
  }
  if (/^(?:numeric|decimal)/.test(sqlType)) return 'string'
  if (type === 'bigint') return dialect === 'mysql' ? 'number' : 'string'
  if (type === 'boolean' && dialect === 'mysql') return 'number'
  return type
}

function typeInPrisma(type: UserColumn['type'], sqlType: string): SeenType {
  // Of SQLite's names for whole numbers this is one of another type.
  if (sqlType === 'bigint') return 'bigint'
  return /^(?:numeric|decimal)/.test(sqlType) ? 'other' : type
}

/** How a column of moments is seen; of numbers whether they count seconds or milliseconds. */
export function momentForm(
  orm: Orm,
  { dialect }: InspectedTable,
  column: InspectedColumn,
): SeenForm | null {
  const seen = typeIn(orm, dialect, column)
  if (seen === 'date') return 'date'
  if (column.type === 'date' && seen === 'string') return dialect === 'postgresql' ? 'iso' : 'text'
  if (seen === 'bigint' || (column.type === 'bigint' && seen === 'string')) return 'milliseconds'
  if (seen === 'number') return column.type === 'bigint' ? 'milliseconds' : 'seconds'
  return seen === 'string' && column.type === 'string' ? 'text' : null
}

/** The form for a codec, which writes what the query builder takes. */
export function codecForm(
  orm: Orm,
  { dialect }: InspectedTable,
  column: InspectedColumn,
  form: SeenForm,
): MomentForm {
  const seen = typeIn(orm, dialect, column)
  const isCount = form === 'seconds' || form === 'milliseconds'
  if (!isCount || (seen !== 'bigint' && seen !== 'string')) return form
  return `${form}-${seen === 'bigint' ? 'bigint' : 'text'}`
}

/**
 * As `drizzle-kit pull` writes it: words joined, each but the first with a capital. Of several
 * capitals in a row the last begins a word.
 */
export function pulledName(name: string): string {
  const words = name
    .trim()
    .replace(/([\p{Ll}])(\p{Lu})/gu, '$1-$2')
    .replace(
      /(\p{Lu})(\p{Lu})(\p{Ll})/gu,
      (all: string, one: string, two: string, three: string, at: number) =>
        // The original looks four characters back, and leaves a name that begins so as it is.
        at >= 1 ? `${one}-${two}${three}` : all,
    )
  return words
    .replace(/^[_.\- ]+/, '')
    .toLowerCase()
    .replace(/[_.\- ]+([\p{Alpha}\p{N}_]|$)/gu, (_, letter: string) => letter.toUpperCase())
    .replace(/\d+([\p{Alpha}\p{N}_]|$)/gu, (all) => all.toUpperCase())
}
