/**
 * What a new row needs besides: columns that must have a value, and for which nothing has one.
 */
import { wordsOf } from '../../users/column-names.ts'
import { literal } from './codecs.ts'
import { defaultOf, formOf, isMoment } from './column-values.ts'
import { type Orm, typeIn } from './orm.ts'
import type { Sample } from './sample.ts'
import type { Condition } from './signals.ts'
import { columnNamed, type InspectedColumn, type InspectedTable, type TableMap } from './table.ts'

/** A value to write, as code. */
export interface NewValue {
  readonly column: string
  readonly code: string
  /** Whether it is another one for each row. */
  readonly varies: boolean
  /** Whether somebody has to say what it is. */
  readonly isGuess: boolean
  /** What the code imports: `randomUUID` of `node:crypto`. */
  readonly crypto?: string
}

/** Mapped fields that a registration writes; the others are written later. */
const written = [
  'email',
  'username',
  'hashedPassword',
  'isActive',
  'isSuperuser',
  'emailVerified',
  'tokenVersion',
]

export function newValues(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  map: TableMap,
  tenant: string | undefined,
  conditions: readonly Condition[],
): NewValue[] {
  const filled = new Set<string | undefined>([tenant])
  for (const [field, mapped] of Object.entries(map)) {
    if (written.includes(field)) filled.add(mapped.column).add(mapped.folded?.column)
    for (const part of mapped.split?.parts ?? []) filled.add(part)
  }
  // A key that is a login name comes with it.
  return table.columns.flatMap((column) => {
    const met = conditions.find((one) => one.column === column.name)
    const must = met ? unmet(column, met) : undefined
    if (must !== undefined)
      return [{ column: column.name, code: must, varies: false, isGuess: false }]
    if (filled.has(column.name) || column.nullable || column.hasDefault || column.generated)
      return []
    if (column.name === map.id?.column) return []
    return [{ column: column.name, ...valueFor(table, orm, sample, column) }]
  })
}

/** A key of whole numbers that nothing makes: what it would be, nobody can tell. */
export function unmadeKey(table: InspectedTable, map: TableMap): InspectedColumn | undefined {
  const column = columnNamed(table, map.id?.column ?? '')
  if (!column || column.hasDefault || column.type === 'string') return undefined
  return map.email?.column === column.name || map.username?.column === column.name
    ? undefined
    : column
}

/** What a new row must have to meet a condition, where it would not by itself. */
function unmet(column: InspectedColumn, { allowed }: Condition): string | undefined {
  if (typeof allowed === 'string') return undefined
  const initial = defaultOf(column)
  const same = (one: unknown) =>
    String(
      Number(
        one === true || one === 'true' ? 1 : one === false || one === 'false' ? 0 : Number.NaN,
      ),
    )
  const isMet = allowed.some(
    (one) =>
      String(one) === String(initial) ||
      (same(one) !== 'NaN' && same(one) === same(initial)) ||
      Number(one) === Number(initial ?? Number.NaN),
  )
  const [first] = allowed
  return isMet || first === undefined ? undefined : literal(first)
}

/** What a new row has in a column that must have a value. */
export function valueFor(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  column: InspectedColumn,
): Omit<NewValue, 'column'> {
  const seen = typeIn(orm, table.dialect, column)
  const fixed = (code: string, isGuess = false) => ({ code, varies: false, isGuess })
  if (isMoment(column)) {
    const form = formOf(orm, table, column, sample)
    const code = {
      date: 'new Date()',
      iso: 'new Date().toISOString()',
      text:
        table.dialect === 'mysql' || column.type === 'date'
          ? "new Date().toISOString().slice(0, 19).replace('T', ' ')"
          : 'new Date().toISOString()',
      seconds: 'Math.floor(Date.now() / 1000)',
      milliseconds: 'Date.now()',
    }
    if (form !== null)
      return {
        code:
          seen === 'bigint'
            ? `BigInt(${code[form]})`
            : seen === 'string' && form !== 'iso' && form !== 'text'
              ? `String(${code[form]})`
              : code[form],
        varies: true,
        isGuess: false,
      }
  }
  if (column.references !== undefined) return fixed(zero(column, seen), true)
  if (column.values) return fixed(literal(column.values[0] ?? ''), true)
  if (isSecretName(column.name) && seen === 'string') {
    return { code: 'randomUUID()', varies: true, isGuess: false, crypto: 'randomUUID' }
  }
  const isReference = /(?:^|_)id$/i.test(column.name) || /[a-z]Id$/.test(column.name)
  return fixed(zero(column, seen), isReference || seen === 'bytes' || seen === 'other')
}

/** `security_stamp`, `unique_token`: another one for each row. */
function isSecretName(name: string): boolean {
  return wordsOf(name).some((word) =>
    ['stamp', 'token', 'uuid', 'guid', 'secret', 'key'].includes(word),
  )
}

/** How the application makes keys, where the database does not; `null` where it does. */
export function newKeyOf(
  table: InspectedTable,
  map: TableMap,
): { readonly code: string; readonly crypto: string } | null {
  const column = columnNamed(table, map.id?.column ?? '')
  const isLogin = map.email?.column === column?.name || map.username?.column === column?.name
  if (!column || column.hasDefault || isLogin || column.type !== 'string') return null
  const { sqlType, maxLength = 255 } = column
  if (sqlType === 'uuid' || maxLength >= 36)
    return { code: '() => randomUUID()', crypto: 'randomUUID' }
  const bytes = Math.min(12, Math.floor(maxLength / 2))
  return { code: `() => randomBytes(${bytes}).toString('hex')`, crypto: 'randomBytes' }
}

function zero({ sqlType }: InspectedColumn, seen: string): string {
  if (/\[\]$/.test(sqlType)) return '[]'
  if (/^bigint/.test(sqlType) && seen === 'string') return "'0'"
  if (/json/.test(sqlType)) return '{}'
  if (/^uuid/.test(sqlType)) return "'00000000-0000-0000-0000-000000000000'"
  if (/^(?:numeric|decimal|bool|date|time)/.test(sqlType) && seen === 'string') return "'0'"
  switch (seen) {
    case 'number':
      return '0'
    case 'bigint':
      return '0n'
    case 'boolean':
      return 'false'
    case 'date':
      return 'new Date(0)'
    case 'bytes':
      return 'Buffer.alloc(0)'
    default:
      return "''"
  }
}

/** What is said of columns that new rows need. */
export function newRowNotes(values: readonly NewValue[], table: InspectedTable): string[] {
  return values
    .filter(({ isGuess }) => isGuess)
    .map(({ column, code }) => {
      const { references } = columnNamed(table, column) ?? {}
      const of = references === undefined ? '' : `, a row of ${references}`
      return `new rows: ${column} must have a value${of}; what is printed (${code}) only stands for one`
    })
}

/** A table may have new accounts wait. */
export function waitingNote(table: InspectedTable, { isActive }: TableMap, orm: Orm): string[] {
  const column = table.columns.find(({ name }) => name === isActive?.column)
  if (!column || isActive?.codec || !/^\(?(?:false|0|'0'|b'0')/i.test(column.defaultText ?? ''))
    return []
  if (orm !== 'drizzle') {
    const title = { kysely: 'Kysely', prisma: "Prisma's client" }[orm]
    return [
      `new accounts do not wait: ${title} does not know that ${column.name} is ${column.defaultText} by default, so that it is written`,
    ]
  }
  return [
    `new accounts wait: ${column.name} is ${column.defaultText} by default, until auth.users.enable() or the application sets it`,
  ]
}
