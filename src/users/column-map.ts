/**
 * Column maps: from the library's logical fields to the application's properties.
 *
 * For adapters: they describe the table, this decides what is mapped and what is wrong with it.
 */
import { suggestion } from '../options/nearest.ts'
import type { ColumnCodec } from './codec.ts'
import { misfitOf } from './codec-fit.ts'
import { bareName, keepsOut, namesOf, rankOf } from './column-names.ts'
import { identityFieldOf } from './identity-columns.ts'
import { type SplitHash, splitHash } from './split-hash.ts'
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
      /** For a login field that another column has in one case, by which it is looked up. */
      readonly folded?: FoldedCopy
    }

/** A column that has a text in lower or upper case: `username_lower`, `NormalizedEmail`. */
export interface FoldedCopy {
  readonly property: string
  /** Default `lower`. */
  readonly to?: 'lower' | 'upper'
}

/** Logical field to column; what JavaScript hands in is checked. */
export type ColumnMap = Readonly<Record<string, unknown>>

/** The logical fields of one kind of table. */
export interface MappedFields<Field extends string> {
  /** Which types of column can hold each field. */
  readonly accepted: Readonly<Record<Field, readonly UserColumn['type'][]>>
  readonly required: readonly Field[]
  /** The primary key, and the fields that hold another table's. */
  readonly keys: readonly Field[]
  /** Whether `…Id` columns hold who a row is at a provider. Default `false`. */
  readonly identities?: boolean
}

export interface ResolvedMap<Field extends string> {
  readonly map: Readonly<Partial<Record<Field, string>>>
  /** The identity's further fields to properties. */
  readonly factors: Readonly<Record<string, string>>
  /** The fields of providers (`googleId`) to properties. */
  readonly identities: Readonly<Record<string, string>>
  /** By property. */
  readonly codecs: ReadonlyMap<string, ColumnCodec<unknown, unknown>>
  /** The properties that are compared without regard to case. */
  readonly ignoreCase: ReadonlySet<string>
  /** The column that is looked up in place of a property, and written with it. */
  readonly folded: ReadonlyMap<string, Required<FoldedCopy>>
  /** A password hash that stands in several columns. */
  readonly split?: SplitHash | undefined
  /** One sentence each, saying what to write instead. */
  readonly problems: readonly string[]
}

/** What other libraries call a field, in lower case. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['password', 'hashedPassword'],
  ['passwordhash', 'hashedPassword'],
  ['active', 'isActive'],
  ['admin', 'isSuperuser'],
  ['isadmin', 'isSuperuser'],
  ['verified', 'emailVerified'],
])

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
    tokenVersion: ['number', 'bigint'],
    oauthProvider: ['string'],
    oauthCreatedAt: ['date'],
    oauthUpdatedAt: ['date'],
  },
  required: ['id', 'hashedPassword'],
  keys: ['id'],
  identities: true,
}

/**
 * A unique `…Id` column of text that is tied to nothing else is tied as that of a provider, unless
 * `columns` says `null` of it.
 *
 * A field that is not in `columns` is tied to the property of its own name, where the table has
 * one; `null` there says that it means something else. `factors` ties names of the application's
 * own, which must not be fields.
 *
 * A column that looks like a field's and cannot be tied is a problem: left alone, it would be a
 * protection that is not there.
 */
export function resolveColumnMap<Field extends string>(
  table: string,
  columns: ReadonlyMap<string, UserColumn>,
  wanted: { readonly columns: ColumnMap; readonly factors: ColumnMap },
  { accepted, required, identities: hasIdentities = false }: MappedFields<Field>,
): ResolvedMap<Field> {
  const known = Object.keys(accepted) as Field[]
  const isKnown = (name: string): name is Field => Object.hasOwn(accepted, name)
  const map: Partial<Record<Field, string>> = {}
  const factors: Record<string, string> = {}
  const identities: Record<string, string> = {}
  const codecs = new Map<string, ColumnCodec<unknown, unknown>>()
  const ignoreCase = new Set<string>()
  const folded = new Map<string, Required<FoldedCopy>>()
  const problems: string[] = []
  const names = [...columns.keys()].join(', ')
  let split: SplitHash | undefined

  /** Reads one entry; tells of what is wrong with it, and returns the property otherwise. */
  const tie = (option: string, entry: unknown, types: readonly UserColumn['type'][]) => {
    const { property, codec, folds, copy } = entryParts(entry)
    const column = property === undefined ? undefined : columns.get(property)
    if (property === undefined && typeof entry === 'object') {
      problems.push(
        `${option} is an object that names no column; write ${option.replace('columns.', 'columns: { ')}: { property: '…', … }${option.startsWith('columns.') ? ' }' : ''}; the columns of ${table} are: ${names}`,
      )
      return undefined
    }
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
    if (isCodec(codec)) {
      const misfit = misfitOf(option, column, codec)
      if (misfit !== null) {
        problems.push(misfit)
        return undefined
      }
      codecs.set(property, codec)
    }
    if (folds) ignoreCase.add(property)
    if (copy !== undefined) {
      const found = foldedCopy(copy, columns)
      if (found === null || !types.includes('string') || folds) {
        problems.push(
          `${option} has folded, which names the column of text that has this one in lower or upper case: folded: { property: '…', to: 'lower' }, without ignoreCase; the columns of ${table} are: ${names}`,
        )
        return undefined
      }
      folded.set(property, found)
    }
    return property
  }

  for (const [field, entry] of Object.entries(wanted.columns)) {
    if (entry === undefined) continue
    if (entry === null && isKnown(field) && !required.includes(field)) continue
    if (hasIdentities && !isKnown(field) && identityFieldOf(field) === field) {
      if (entry === null) continue
      const property = tie(`columns.${field}`, entry, ['string'])
      if (property !== undefined) identities[field] = property
      if (property !== undefined && ignoreCase.delete(property)) {
        problems.push(
          `columns.${field} has ignoreCase, but providers tell cases apart; leave it out`,
        )
      }
      continue
    }
    if (!isKnown(field)) {
      const meant = aliases.get(field.toLowerCase())
      const isAlias = meant !== undefined && isKnown(meant)
      const advice = isAlias ? ` write columns: { ${meant}: … };` : suggestion(field, known)
      const factor = known.some((one) => one === 'hashedPassword')
        ? `; a login field of your own, such as a phone number, goes to factors: { ${field}: … }`
        : ''
      problems.push(
        `columns.${field} is not a field that crudauth knows;${advice} its fields are: ${known.join(', ')}${factor}`,
      )
      continue
    }
    const property = tie(`columns.${field}`, entry, accepted[field])
    if (property === undefined) continue
    map[field] = property
    if (field === 'isActive' && !codecs.has(property) && saysOpposite(property, columns)) {
      problems.push(
        `columns.isActive names '${property}', whose name says the opposite, so that everybody but those would be kept out; write columns: { isActive: { property: '${property}', codec: flag([false, null], true) } }, or flag(true, false) if it is true for those who may log in`,
      )
    }
    const judged = splitHash(`columns.${field}`, field, Object(entry), columns)
    problems.push(...judged.problems)
    split = judged.split ?? split
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

  const unsaid = known.filter((field) => wanted.columns[field] === undefined)
  for (const field of unsaid) {
    const column = columns.get(field)
    if (!column) continue
    if (fits(column, accepted[field])) map[field] = field
    else problems.push(misfit(table, column, accepted[field], required.includes(field)))
  }
  const tied = Object.entries({ ...identities, ...factors, ...map }) as [string, string][]
  const copies = new Set([
    ...[...folded.values()].map(({ property }) => property),
    ...(split?.parts ?? []),
  ])
  const free = [...columns.values()].filter(
    ({ property }) => !copies.has(property) && !tied.some(([, one]) => one === property),
  )
  for (const field of unsaid) {
    if (columns.has(field)) continue
    const alike = free.find((one) => isAlike(one.property, field) || isAlike(one.column, field))
    const must = required.includes(field)
    if (alike) problems.push(unmapped(table, alike, field, must))
    else if (must) {
      const likely = free.find((one) => isCalled(field, one.property, table))
      problems.push(
        `${table} has no column for ${field}; map it with columns: { ${field}: '${likely?.property ?? '…'}' }; its columns are: ${names}`,
      )
    }
  }

  // Only what is unique could say who somebody is.
  for (const column of hasIdentities ? free : []) {
    const field = identityFieldOf(column.property) ?? identityFieldOf(column.column)
    if (field === null || column.type !== 'string' || !column.unique) continue
    if (wanted.columns[field] === undefined) identities[field] ??= column.property
  }

  const fieldsByProperty = Map.groupBy(tied, ([, property]) => property)
  for (const [property, fields] of fieldsByProperty) {
    if (fields.length < 2 || isNaturalKey(fields.map(([field]) => field))) continue
    const both = fields.map(([field]) => field).join(' and ')
    problems.push(`columns ties ${both} to the same column '${property}'; give each its own`)
  }
  for (const part of split?.parts ?? []) {
    const [field] = tied.find(([, property]) => property === part) ?? []
    if (field === undefined) continue
    problems.push(
      `columns ties ${field} to '${part}', which is a part of hashedPassword; give each its own`,
    )
  }
  return { map, factors, identities, codecs, ignoreCase, folded, split, problems }
}

function saysOpposite(property: string, columns: ReadonlyMap<string, UserColumn>): boolean {
  return [property, columns.get(property)?.column ?? ''].some(keepsOut)
}

/** A login name may be the key itself. */
function isNaturalKey(fields: readonly string[]): boolean {
  return (
    fields.length === 2 &&
    fields.includes('id') &&
    (fields.includes('email') || fields.includes('username'))
  )
}

/** A property that has a field's name, and cannot be it. */
function misfit(
  table: string,
  { property, type }: UserColumn,
  types: readonly UserColumn['type'][],
  isRequired: boolean,
): string {
  const read = types.includes('boolean')
    ? `{ property: '${property}', codec: flag(…) }`
    : `'…', another column`
  const otherwise = isRequired
    ? ''
    : `, or columns: { ${property}: null } if it means something else`
  return `'${property}' of ${table} holds ${type}, and as ${property} it must hold ${types.join(' or ')}; write columns: { ${property}: ${read} }${otherwise}`
}

/** A column that has a field's name in another spelling. */
function unmapped(
  table: string,
  { property, column }: UserColumn,
  field: string,
  isRequired: boolean,
): string {
  const named = column === property ? '' : ` (column '${column}')`
  const otherwise = isRequired ? '' : `, or columns: { ${field}: null } if it means something else`
  return `'${property}'${named} of ${table} looks like ${field}, but is not mapped; write columns: { ${field}: '${property}' }${otherwise}`
}

/** Whether other systems call a field by the name of this column. */
function isCalled(field: string, name: string, table: string): boolean {
  return Object.hasOwn(namesOf, field) && rankOf(field as LogicalField, name, table) !== null
}

function isAlike(name: string, field: string): boolean {
  return bareName(name) === field.toLowerCase()
}

/**
 * A type that the adapter cannot name (a custom one) is taken on trust; the compiler checked it.
 */
function fits(column: UserColumn, types: readonly UserColumn['type'][]): boolean {
  return column.type === 'other' || types.includes(column.type)
}

/** An entry of a map: a property alone, or with how its column is spelled. */
export function entryParts(entry: unknown): {
  readonly property: string | undefined
  readonly codec: unknown
  readonly folds: boolean
  readonly copy: unknown
} {
  const parts: Readonly<Record<string, unknown>> =
    typeof entry === 'object' && entry !== null
      ? (entry as Readonly<Record<string, unknown>>)
      : { property: entry }
  const { property, codec } = parts
  return {
    property: typeof property === 'string' ? property : undefined,
    codec,
    folds: parts['ignoreCase'] === true,
    copy: parts['folded'],
  }
}

function foldedCopy(
  given: unknown,
  columns: ReadonlyMap<string, UserColumn>,
): Required<FoldedCopy> | null {
  const { property, to = 'lower' } = Object(given) as Partial<FoldedCopy>
  const column = columns.get(property ?? '')
  if (property === undefined || (to !== 'lower' && to !== 'upper')) return null
  return column?.type === 'string' || column?.type === 'other' ? { property, to } : null
}

function isCodec(codec: unknown): codec is ColumnCodec<unknown, unknown> {
  const { read, write } = (codec ?? {}) as Partial<ColumnCodec<unknown, unknown>>
  return typeof read === 'function' && typeof write === 'function'
}
