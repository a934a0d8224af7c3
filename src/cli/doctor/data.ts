/**
 * What the rows themselves say: which hashes there are, and whether addresses are in canonical
 * form.
 */

import type { Ours } from '../../databases/table/keys.ts'
import type { Connection } from './connection.ts'
import type { Identity } from './diagnosis.ts'
import { oneLine, quoteName, quoteTable } from './quote.ts'
import { sampled } from './sample.ts'
import { columnNamed, type InspectedTable, type TableMap, uniquenessIn } from './table.ts'

/** How each kind of stored hash begins, and what verifies it. Nothing is read but beginnings. */
const kinds: readonly (readonly [pattern: RegExp, name: string, remedy: string | null])[] = [
  [/^\$bcrypt-sha256\$|^\$peppered\$/, 'in the format of crudauth', null],
  [/^(?:!|$)/, 'without a password', null],
  [/^pbkdf2_sha\d+\$|^argon2\$|^bcrypt_sha256\$|^scrypt\$/, 'of Django', 'django'],
  [/^\$argon2(?:id|i|d)\$/, 'of argon2', 'argon2'],
  [/^\$2[abxy]\$/, 'of bcrypt', 'bcrypt'],
  [/^\$wp\$2y\$|^\$[PH]\$/, 'of WordPress', 'wordpress'],
  [/^scrypt:|^pbkdf2:/, 'of Werkzeug', 'werkzeug'],
  [/^\$scrypt\$|^\$pbkdf2-/, 'of passlib', 'passlib'],
  [/^AQAAAA/, 'of ASP.NET Identity', 'aspNetIdentity'],
]

/** How many rows are looked at: of those that were written first, and of the latest. */
const hashesSampled = 1000

export interface HashReport {
  /** One sentence for each kind of hash. */
  readonly notes: readonly string[]
  /** The verifiers of `crudauth/hashes` that would let them in. */
  readonly adopt: readonly string[]
}

export async function hashReport(
  { dialect, query }: Connection,
  table: InspectedTable,
  map: TableMap,
): Promise<HashReport> {
  const column = map.hashedPassword?.column
  if (column === undefined) return { notes: [], adopt: [] }
  const [name, of] = [quoteName(column, dialect), quoteTable(table.name, dialect)]
  // Of bytes nothing is a format that we know.
  const starts = columnNamed(table, column)?.type === 'string' ? `substr(${name}, 1, 24)` : `null`
  const select = `select ${starts} as start from ${of}`
  const limit = `limit ${hashesSampled + 1}`
  const first = await query(`${select} ${limit}`)
  const isAll = first.length <= hashesSampled
  const key = map.id && quoteName(map.id.column, dialect)
  // The latest are of the format that is written now. By its index a key is fast.
  const latest = isAll || !key ? [] : await query(`${select} order by ${key} desc ${limit}`)
  const rows = [...first.slice(0, hashesSampled), ...latest.slice(0, hashesSampled)]
  const total = isAll
    ? `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`
    : `the ${rows.length} rows that were looked at`
  const counts = new Map<string, { count: number; remedy: string | null }>()
  for (const { start } of rows) {
    const text = start === null ? '' : String(start)
    const [, name, remedy] = kinds.find(([pattern]) => pattern.test(text)) ?? [
      null,
      'of no known format',
      'unknown',
    ]
    const seen = counts.get(name) ?? { count: 0, remedy }
    counts.set(name, { ...seen, count: seen.count + 1 })
  }
  const remedies = [...counts.values()].map(({ remedy }) => remedy)
  return {
    notes: [...counts].map(([name, { count, remedy }]) => {
      const are = count === 1 ? 'is' : 'are'
      const many = `hashes: ${count} of ${total} ${are} ${name}`
      if (remedy === null) return many
      if (remedy === 'unknown') {
        return `${many}: nobody logs in with them, unless passwords.adopt has a verifier`
      }
      return `${many}; crudauth/hashes has ${remedy}() for them`
    }),
    adopt: [...new Set(remedies.filter((one) => one !== null && one !== 'unknown'))] as string[],
  }
}

/**
 * Whether addresses that log in were written in any case: one that is typed in lower case would not
 * be found, and could be registered by somebody else.
 */
export async function caseNotes(
  { dialect, query }: Connection,
  table: InspectedTable,
  map: TableMap,
  { login }: Identity,
  ours: Ours,
): Promise<readonly string[]> {
  const { column, folded } = map.email ?? {}
  if (column === undefined || folded || !login.includes('email')) return []
  if (uniquenessIn(table, column, ours) === 'folded') return []
  // What compares without regard to case finds them as they are.
  if (columnNamed(table, column)?.sqlType === 'citext') return []
  const [name, of] = [quoteName(column, dialect), quoteTable(table.name, dialect)]
  const differs = {
    postgresql: `${name}::text <> lower(trim(${name}::text))`,
    mysql: `binary ${name} <> binary lower(trim(${name}))`,
    sqlite: `${name} <> lower(trim(${name}))`,
  }[dialect]
  const some = `(select ${name} from ${of} limit ${sampled}) as looked_at`
  const found = await query(`select 1 as found from ${some} where ${differs} limit 1`)
  if (found.length === 0) return []
  const index =
    dialect === 'mysql'
      ? 'if its collation ignores case'
      : `with create unique index … on ${of} (lower(${name}))`
  return [
    oneLine(
      `email: not all rows are trimmed and in lower case, in which they are looked up; bring them to it, or map ${column} with ignoreCase: true, ${index}`,
    ),
  ]
}
