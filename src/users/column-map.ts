/**
 * The column map: from the library's logical fields to the application's properties.
 *
 * For adapters: they describe the table, this decides what is mapped and what is wrong with it.
 */
import { type LogicalField, logicalFields, type UserColumn, type UserStore } from './store.ts'

export interface ResolvedMap {
  readonly map: UserStore['map']
  /** One sentence each, saying what to write instead. */
  readonly problems: readonly string[]
}

const accepted: Readonly<Record<LogicalField, readonly UserColumn['type'][]>> = {
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
}

const required: readonly LogicalField[] = ['id', 'hashedPassword']

/**
 * A field that is not in `wanted` is tied to the property of its own name, where the table has one
 * of a fitting type.
 */
export function resolveColumnMap(
  table: string,
  columns: ReadonlyMap<string, UserColumn>,
  wanted: Readonly<Record<string, unknown>>,
): ResolvedMap {
  const map: Partial<Record<LogicalField, string>> = {}
  const problems: string[] = []
  const names = [...columns.keys()].join(', ')

  for (const [field, property] of Object.entries(wanted)) {
    if (property === undefined) continue
    if (!isLogicalField(field)) {
      problems.push(
        `columns.${field} is not a field that crudauth knows;${suggest(field, logicalFields)} its fields are: ${logicalFields.join(', ')}`,
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

  for (const field of logicalFields) {
    if (wanted[field] !== undefined) continue
    const column = columns.get(field)
    if (column && fits(field, column)) map[field] = field
    else if (required.includes(field)) {
      problems.push(
        `${table} has no column for ${field}; map it with columns: { ${field}: '…' }; its columns are: ${names}`,
      )
    }
  }

  const fieldsByProperty = Map.groupBy(Object.entries(map), ([, property]) => property)
  for (const [property, fields] of fieldsByProperty) {
    if (fields.length < 2) continue
    const both = fields.map(([field]) => field).join(' and ')
    problems.push(`columns ties ${both} to the same column '${property}'; give each its own`)
  }
  return { map, problems }
}

/** A type that the adapter cannot name (a custom one) is taken on trust; the compiler checked it. */
function fits(field: LogicalField, column: UserColumn): boolean {
  return column.type === 'other' || accepted[field].includes(column.type)
}

function isLogicalField(name: string): name is LogicalField {
  return (logicalFields as readonly string[]).includes(name)
}

function suggest(name: string, among: readonly string[]): string {
  const bare = (text: string) => text.toLowerCase().replaceAll('_', '')
  const close = among.find((one) => bare(one) === bare(name))
  return close === undefined ? '' : ` did you mean '${close}'?`
}
