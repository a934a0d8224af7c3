/**
 * Column maps: from the library's logical fields to the application's properties.
 *
 * For adapters: they describe the table, this decides what is mapped and what is wrong with it.
 */
import { suggestion } from '../shape.ts'
import type { ColumnCodec } from './codec.ts'
import type { LogicalField, UserColumn } from './store.ts'

/** A property of the rows, or one with the way in which it is read. */
export type ColumnEntry =
  | string
  | {
      readonly property: string
      /** For a flag that the column spells another way. */
      // biome-ignore lint/suspicious/noExplicitAny: what a column stores is the application's
      readonly codec?: ColumnCodec<any, any>
      /** For a login field whose rows were written in any case. */
      readonly ignoreCase?: boolean
    }

/** Logical field to column; what JavaScript hands in is checked. */
export type ColumnMap = Readonly<Record<string, unknown>>

/** The logical fields of one kind of table. */
export interface MappedFields<Field extends string> {
  /** Which types of column can hold each field. */
  readonly accepted: Readonly<Record<Field, readonly UserColumn['type'][]>>
  readonly required: readonly Field[]
}

export interface ResolvedMap<Field extends string> {
  readonly map: Readonly<Partial<Record<Field, string>>>
  /** The identity's further fields to properties. */
  readonly factors: Readonly<Record<string, string>>
  /** By property. */
  readonly codecs: ReadonlyMap<string, ColumnCodec<unknown, unknown>>
  /** The properties that are compared without regard to case. */
  readonly ignoreCase: ReadonlySet<string>
  /** One sentence each, saying what to write instead. */
  readonly problems: readonly string[]
}

/** Those of a users table. */
export const userFields: MappedFields<LogicalField> = {
  accepted: {
    id: ['number', 'string', 'bigint'],
    email: ['string'],
    username: ['string'],
    hashedPassword: ['string'],
    isActive: ['boolean'],
    isSuperuser: ['boolean'],
    emailVerified: ['boolean'],
    tokenVersion: ['number'],
    oauthProvider: ['string'],
    googleId: ['string'],
    githubId: ['string'],
    oauthCreatedAt: ['date'],
    oauthUpdatedAt: ['date'],
  },
  required: ['id', 'hashedPassword'],
}

/**
 * A field that is not in `columns` is tied to the property of its own name, where the table has
 * one of a fitting type. `factors` ties names of the application's own, which must not be fields.
 */
export function resolveColumnMap<Field extends string>(
  table: string,
  columns: ReadonlyMap<string, UserColumn>,
  wanted: { readonly columns: ColumnMap; readonly factors: ColumnMap },
  { accepted, required }: MappedFields<Field>,
): ResolvedMap<Field> {
  const known = Object.keys(accepted) as Field[]
  const isKnown = (name: string): name is Field => Object.hasOwn(accepted, name)
  const map: Partial<Record<Field, string>> = {}
  const factors: Record<string, string> = {}
  const codecs = new Map<string, ColumnCodec<unknown, unknown>>()
  const ignoreCase = new Set<string>()
  const problems: string[] = []
  const names = [...columns.keys()].join(', ')

  /** Reads one entry; tells of what is wrong with it, and returns the property otherwise. */
  const tie = (option: string, entry: unknown, types: readonly UserColumn['type'][]) => {
    const { property, codec, folds } = entryParts(entry)
    const column = property === undefined ? undefined : columns.get(property)
    if (property === undefined || !column) {
      const found = String(property ?? entry)
      problems.push(
        `${option} names '${found}', which is not a column of ${table};${suggestion(found, [...columns.keys()])} its columns are: ${names}`,
      )
      return undefined
    }
    if (codec !== undefined && !(isCodec(codec) && types.includes('boolean'))) {
      problems.push(
        `${option} has a codec that cannot be used; a flag takes one, such as flag('Y', 'N')`,
      )
      return undefined
    }
    if (folds && !types.includes('string')) {
      problems.push(`${option} has ignoreCase, which only a field of text takes`)
      return undefined
    }
    if (codec === undefined && !fits(column, types)) {
      const hint = types.includes('boolean')
        ? `, or be read through a codec: { property: '${property}', codec: flag(…) }`
        : ''
      problems.push(
        `${option} names '${property}', which holds ${column.type}; it must hold ${types.join(' or ')}${hint}`,
      )
      return undefined
    }
    if (isCodec(codec)) codecs.set(property, codec)
    if (folds) ignoreCase.add(property)
    return property
  }

  for (const [field, entry] of Object.entries(wanted.columns)) {
    if (entry === undefined) continue
    if (!isKnown(field)) {
      problems.push(
        `columns.${field} is not a field that crudauth knows;${suggestion(field, known)} its fields are: ${known.join(', ')}`,
      )
      continue
    }
    const property = tie(`columns.${field}`, entry, accepted[field])
    if (property !== undefined) map[field] = property
  }

  for (const [name, entry] of Object.entries(wanted.factors)) {
    if (entry === undefined) continue
    if (isKnown(name)) {
      problems.push(`factors.${name} is a field of crudauth's; map it with columns: { ${name}: … }`)
      continue
    }
    const types = name.endsWith('Verified') ? (['boolean'] as const) : (['string'] as const)
    const property = tie(`factors.${name}`, entry, types)
    if (property !== undefined) factors[name] = property
  }

  for (const field of known) {
    if (wanted.columns[field] !== undefined) continue
    const column = columns.get(field)
    if (column && fits(column, accepted[field])) map[field] = field
    else if (required.includes(field)) {
      problems.push(
        `${table} has no column for ${field}; map it with columns: { ${field}: '…' }; its columns are: ${names}`,
      )
    }
  }

  const tied = Object.entries({ ...factors, ...map }) as [string, string][]
  const fieldsByProperty = Map.groupBy(tied, ([, property]) => property)
  for (const [property, fields] of fieldsByProperty) {
    if (fields.length < 2) continue
    const both = fields.map(([field]) => field).join(' and ')
    problems.push(`columns ties ${both} to the same column '${property}'; give each its own`)
  }
  return { map, factors, codecs, ignoreCase, problems }
}

/** A type that the adapter cannot name (a custom one) is taken on trust; the compiler checked it. */
function fits(column: UserColumn, types: readonly UserColumn['type'][]): boolean {
  return column.type === 'other' || types.includes(column.type)
}

function entryParts(entry: unknown) {
  const parts: Readonly<Record<string, unknown>> =
    typeof entry === 'object' && entry !== null
      ? (entry as Readonly<Record<string, unknown>>)
      : { property: entry }
  const { property, codec } = parts
  return {
    property: typeof property === 'string' ? property : undefined,
    codec,
    folds: parts['ignoreCase'] === true,
  }
}

function isCodec(codec: unknown): codec is ColumnCodec<unknown, unknown> {
  const { read, write } = (codec ?? {}) as Partial<ColumnCodec<unknown, unknown>>
  return typeof read === 'function' && typeof write === 'function'
}
