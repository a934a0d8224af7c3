/**
 * Which of a table's columns is what: as it was told, else by name, type and uniqueness.
 */
import type { Ours } from '../../databases/table/keys.ts'
import { bareName, rankOf, spellings, wordsOf } from '../../users/column-names.ts'
import type { LogicalField, UserColumn } from '../../users/store.ts'
import type { CodecPlan } from './codecs.ts'
import { formOf, isMoment, spelling, typed } from './column-values.ts'
import { partnerOf } from './diagnosis.ts'
import { codecForm, type Orm, typeIn } from './orm.ts'
import type { Sample } from './sample.ts'
import {
  columnNamed,
  type DoctorField,
  doctorFields,
  type InspectedColumn,
  type InspectedTable,
  type MappedColumn,
  type TableMap,
  uniquenessIn,
} from './table.ts'

export interface MappingParts {
  readonly table: InspectedTable
  readonly orm: Orm
  readonly sample: Sample
  /** Logical field to column, as somebody said it. */
  readonly told: Readonly<Record<string, string>>
  readonly ours: Ours
}

/** @throws Error for a field that is none, or a column that the table does not have. */
export function checkTold(table: InspectedTable, told: Readonly<Record<string, string>>): void {
  for (const [field, column] of Object.entries(told)) {
    if (!(doctorFields as readonly string[]).includes(field)) {
      throw new Error(`${field} is not a field; the fields are: ${doctorFields.join(', ')}`)
    }
    checkColumn(table, column)
  }
}

/** @throws Error for a column that the table does not have. */
export function checkColumn(table: InspectedTable, column: string): void {
  if (columnNamed(table, column)) return
  const names = table.columns.map(({ name }) => name).join(', ')
  throw new Error(`${column} is not a column of ${table.name}; its columns are: ${names}`)
}

/**
 * What may be ignored stands in another table, too: `bans`, `person.banned`.
 *
 * @throws Error for what is neither a column nor of one of the tables.
 */
export function checkIgnored(table: InspectedTable, tables: readonly string[], name: string): void {
  const isElsewhere = tables.some((one) => name === one || name.startsWith(`${one}.`))
  if (!isElsewhere) checkColumn(table, name)
}

/** All fields but `isActive`, which is found with whatever else keeps people out. */
export function mapTable(parts: MappingParts): TableMap {
  const { table, told } = parts
  const taken = new Set(Object.values(told))
  const map: Partial<Record<DoctorField, MappedColumn>> = {}
  for (const field of doctorFields) {
    if (field === 'isActive') continue
    const named = told[field]
    const column = named === undefined ? found(parts, field, taken) : columnNamed(table, named)
    if (!column) continue
    const codec = isFlag(field) ? flagCodec(parts, column) : undefined
    // A column that only seems to be a flag is none.
    if (codec === null && named === undefined) continue
    taken.add(column.name)
    const folded = field === 'email' || field === 'username' ? foldedOf(parts, column, taken) : null
    if (folded) taken.add(folded.column)
    map[field] = {
      column: column.name,
      ...(codec ? { codec } : {}),
      ...(folded ? { folded } : {}),
    }
  }
  const key = map.id && columnNamed(table, map.id.column)
  // A login name may be the key itself.
  if (!map.email && !map.username && key?.type === 'string' && key.sqlType !== 'uuid') {
    const field = (['email', 'username'] as const).find(
      (one) => rankOf(one, key.name, table.name) !== null,
    )
    if (field) map[field] = { column: key.name }
  }
  return map
}

function found(
  { table, ours }: MappingParts,
  field: DoctorField,
  taken: ReadonlySet<string>,
): InspectedColumn | undefined {
  if (field === 'id') return keyOf(table, ours)
  const isLogin = field === 'email' || field === 'username'
  const isUnique = (column: InspectedColumn) => uniquenessIn(table, column.name, ours) !== 'no'
  const candidates = table.columns.flatMap((column) => {
    if (column.generated || taken.has(column.name) || !couldBe(field, column)) return []
    const rank = rankIn(field, column.name, table.name)
    // People share names, unless the table says that they do not.
    if (rank === null) return []
    const isAlone = isUnique(column)
    if (bareName(column.name) === 'name' && !isAlone && !partnerOf(table, column.name)) return []
    return [{ column, rank: rank + (isLogin && !isAlone ? 100 : 0) }]
  })
  return candidates.sort((one, other) => one.rank - other.rank)[0]?.column
}

function rankIn(field: DoctorField, name: string, table: string): number | null {
  if (field === 'googleId' || field === 'githubId') {
    return spellings(name, table).includes(field.toLowerCase()) ? 0 : null
  }
  return rankOf(field as LogicalField, name, table)
}

/** The single column of the primary key, whatever it is called; else one that is as good. */
function keyOf(table: InspectedTable, ours: Ours): InspectedColumn | undefined {
  const isKey = ({ name }: InspectedColumn) => uniquenessIn(table, name, ours) === 'yes'
  const primary = table.uniqueKeys.filter((key) => key.primary).flatMap(({ columns }) => columns)
  const candidates = table.columns.filter(
    (column) => ['number', 'bigint', 'string'].includes(column.type) && isKey(column),
  )
  const named = candidates
    .map((column) => ({ column, rank: rankOf('id', column.name, table.name) }))
    .filter(
      ({ rank, column }) =>
        rank !== null && (primary.length === 0 || primary.includes(column.name)),
    )
    .sort((one, other) => (one.rank ?? 0) - (other.rank ?? 0))
  return (
    candidates.find(({ name }) => primary.length === 1 && primary[0] === name) ??
    candidates.find(({ name }) => primary.includes(name) && name !== ours.tenant) ??
    named[0]?.column
  )
}

/** Which types a field's column has at all. */
const types: Readonly<Partial<Record<DoctorField, readonly UserColumn['type'][]>>> = {
  email: ['string'],
  username: ['string'],
  hashedPassword: ['string', 'other'],
  isSuperuser: ['boolean', 'number', 'string', 'other'],
  emailVerified: ['boolean', 'number', 'bigint', 'string', 'date', 'other'],
  // Of text it is somebody else's: no counter is.
  tokenVersion: ['number', 'bigint'],
  oauthProvider: ['string'],
  googleId: ['string'],
  githubId: ['string'],
  oauthCreatedAt: ['date'],
  oauthUpdatedAt: ['date'],
}

function couldBe(
  field: DoctorField,
  { type, sqlType, values, maxLength }: InspectedColumn,
): boolean {
  if (!(types[field] ?? []).includes(type)) return false
  if (field === 'email' || field === 'username') {
    return !values && (maxLength ?? 255) >= 8 && sqlType !== 'uuid'
  }
  return true
}

function isFlag(field: DoctorField): boolean {
  return field === 'isSuperuser' || field === 'emailVerified'
}

/** How a flag is read; `undefined` for a plain boolean, `null` for what is no flag. */
function flagCodec(
  { table, orm, sample }: MappingParts,
  column: InspectedColumn,
): CodecPlan | undefined | null {
  if (isMoment(column)) {
    const form = formOf(orm, table, column, sample)
    if (form === null) return null
    const isCount = form === 'seconds' || form === 'milliseconds'
    const unset = column.nullable ? null : typed(orm, table, column, isCount ? '0' : '')
    return { kind: 'timestampFlag', form: codecForm(orm, table, column, form), unset }
  }
  if (typeIn(orm, table.dialect, column) === 'boolean') return undefined
  const spelled = spelling(orm, table, column, sample)
  return spelled === null ? null : { kind: 'flag', on: [spelled[0]], off: spelled[1] }
}

/** What stands around a name in a column that has it in one case. */
const foldings = new Set(
  'lower lowercase lc normalized normalised canonical clean folded upper'.split(' '),
)

/** The unique column that has a login name in one case, where there is one. */
function foldedOf(
  { table, sample, ours }: MappingParts,
  column: InspectedColumn,
  taken: ReadonlySet<string>,
): MappedColumn['folded'] | null {
  const wanted = new Set(spellings(column.name, table.name))
  const copy = table.columns.find(({ name, type }) => {
    if (type !== 'string' || taken.has(name) || uniquenessIn(table, name, ours) !== 'yes')
      return false
    const words = wordsOf(name)
    const rest = words.filter((word) => !foldings.has(word))
    return (
      rest.length < words.length &&
      spellings(rest.join('_'), table.name).some((one) => wanted.has(one))
    )
  })
  if (!copy) return null
  const values = sample.values(copy.name)?.filter((one) => one !== null) ?? []
  const isUpper =
    values.some((one) => /[A-Z]/.test(one)) || (values.length === 0 && isUpperByName(copy.name))
  return { column: copy.name, to: isUpper ? 'upper' : 'lower' }
}

/** ASP.NET Identity folds to capitals. */
function isUpperByName(name: string): boolean {
  return wordsOf(name).some((word) => word === 'upper' || word === 'normalized')
}
