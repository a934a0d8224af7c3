/**
 * Column maps: from the library's logical fields to the application's properties.
 *
 * For adapters: they describe the table, this decides what is mapped and what is wrong with it.
 */
import type { LogicalField, UserColumn } from './store.ts'

/** The logical fields of one kind of table. */
export interface MappedFields<Field extends string> {
  /** Which types of column can hold each field. */
  readonly accepted: Readonly<Record<Field, readonly UserColumn['type'][]>>
  readonly required: readonly Field[]
}

export interface ResolvedMap<Field extends string> {
  readonly map: Readonly<Partial<Record<Field, string>>>
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
 * A field that is not in `wanted` is tied to the property of its own name, where the table has one
 * of a fitting type.
 */
export function resolveColumnMap<Field extends string>(
  table: string,
  columns: ReadonlyMap<string, UserColumn>,
  wanted: Readonly<Record<string, unknown>>,
  { accepted, required }: MappedFields<Field>,
): ResolvedMap<Field> {
  const known = Object.keys(accepted) as Field[]
  const isKnown = (name: string): name is Field => Object.hasOwn(accepted, name)
  // A type that the adapter cannot name (a custom one) is taken on trust; the compiler checked it.
  const fits = (field: Field, column: UserColumn) =>
    column.type === 'other' || accepted[field].includes(column.type)
  const map: Partial<Record<Field, string>> = {}
  const problems: string[] = []
  const names = [...columns.keys()].join(', ')

  for (const [field, property] of Object.entries(wanted)) {
    if (property === undefined) continue
    if (!isKnown(field)) {
      problems.push(
        `columns.${field} is not a field that crudauth knows;${suggest(field, known)} its fields are: ${known.join(', ')}`,
      )
      continue
    }
    const column = typeof property === 'string' ? columns.get(property) : undefined
    if (!column) {
      const found = String(property)
      problems.push(
        `columns.${field} names '${found}', which is not a column of ${table};${suggest(found, [...columns.keys()])} its columns are: ${names}`,
      )
    } else if (!fits(field, column)) {
      problems.push(
        `columns.${field} names '${column.property}', which holds ${column.type}; it must hold ${accepted[field].join(' or ')}`,
      )
    } else {
      map[field] = column.property
    }
  }

  for (const field of known) {
    if (wanted[field] !== undefined) continue
    const column = columns.get(field)
    if (column && fits(field, column)) map[field] = field
    else if (required.includes(field)) {
      problems.push(
        `${table} has no column for ${field}; map it with columns: { ${field}: '…' }; its columns are: ${names}`,
      )
    }
  }

  const tied = Object.entries(map) as [Field, string][]
  const fieldsByProperty = Map.groupBy(tied, ([, property]) => property)
  for (const [property, fields] of fieldsByProperty) {
    if (fields.length < 2) continue
    const both = fields.map(([field]) => field).join(' and ')
    problems.push(`columns ties ${both} to the same column '${property}'; give each its own`)
  }
  return { map, problems }
}

function suggest(name: string, among: readonly string[]): string {
  const bare = (text: string) => text.toLowerCase().replaceAll('_', '')
  const close = among.find((one) => bare(one) === bare(name))
  return close === undefined ? '' : ` did you mean '${close}'?`
}
