/**
 * A password hash that stands in several columns, such as hash and salt: read as one text, which a
 * format of `crudauth/hashes` understands, and written as one.
 *
 * A text of ours goes whole into the column of the hash, and the others are emptied: where all of
 * them are empty, what stands in the first is the text.
 */
import { suggestion } from '../options/nearest.ts'
import type { UserColumn } from './store.ts'

type Values = Readonly<Record<string, unknown>>

export interface SplitHash {
  /** The column of the hash, under whose property the core has the text. */
  readonly property: string
  /** The properties of the others, in the order in which `text` takes them. */
  readonly parts: readonly string[]
  /** The text; `null` for an account without a password. */
  read(row: Values): string | null
  /** What is written for a text. */
  written(text: unknown): Values
}

interface Judged {
  /** Nothing where the hash stands in one column, or something is wrong. */
  readonly split?: SplitHash
  /** One sentence each, saying what to write instead. */
  readonly problems: readonly string[]
}

/** What an entry of a map says of it. */
export function splitHash(
  option: string,
  field: string,
  entry: object,
  columns: ReadonlyMap<string, UserColumn>,
): Judged {
  const { property, parts, text, unset } = entry as Readonly<Record<string, unknown>>
  if (parts === undefined && text === undefined) return { problems: [] }
  if (field !== 'hashedPassword')
    return { problems: [`${option} has parts, which only hashedPassword takes`] }
  const isList = Array.isArray(parts) && parts.length > 0
  if (!isList || typeof text !== 'function' || parts.includes(property)) {
    const problem = `${option} must name the other columns of the hash, and make one text of all of them: { property: '${property}', parts: ['salt'], text: (hash, salt) => … }`
    return { problems: [problem] }
  }
  const missing = parts.flatMap((part: unknown) =>
    columns.has(String(part))
      ? []
      : [
          `${option} has parts that name '${part}', which is not a column;${suggestion(String(part), [...columns.keys()])} the columns are: ${[...columns.keys()].join(', ')}`,
        ],
  )
  if (missing.length > 0) return { problems: missing }
  const names = parts as readonly string[]
  const empty = Object.fromEntries(
    names.map((part) => [part, unset === undefined ? emptyOf(columns.get(part)) : unset]),
  )
  const unfillable = names.filter((part) => !isEmpty(empty[part]))
  if (unfillable.length > 0) {
    const problems = unfillable.map(
      (part) =>
        `${option} has '${part}' among its parts, which cannot be emptied when another hash is written; make it nullable, or write unset: with a value that counts as empty ('', 0)`,
    )
    return { problems }
  }
  const hash = String(property)
  const split: SplitHash = {
    property: hash,
    parts: names,
    read(row) {
      const stored = row[hash]
      if (typeof stored !== 'string') return null
      if (names.every((part) => isEmpty(row[part]))) return stored
      return String(text(stored, ...names.map((part) => spelled(row[part]))))
    },
    written: (whole) => ({ ...empty, [hash]: whole }),
  }
  return { split, problems: [] }
}

function emptyOf(column: UserColumn | undefined): unknown {
  if (column === undefined || column.nullable) return null
  const empty: Partial<Record<UserColumn['type'], unknown>> = {
    string: column.values && !column.values.includes('') ? undefined : '',
    number: 0,
    bigint: 0n,
    boolean: false,
  }
  return empty[column.type]
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || value === 0 || value === 0n || value === false
}

/** A part as text: a number in digits, JSON as it is written. */
function spelled(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
