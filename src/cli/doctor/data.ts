/**
 * What the rows themselves say: which hashes there are, and which values are not in canonical form.
 */
import type { Connection } from './connection.ts'
import { quoteName, quoteTable } from './quote.ts'
import type { InspectedTable, TableMap } from './table.ts'

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

/** How many rows are looked at. */
const sampled = 1000

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
  const rows = await query(
    `select substr(${quoteName(column, dialect)}, 1, 16) as start from ${quoteTable(table.name, dialect)} limit ${sampled}`,
  )
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
      const many = `hashes: ${count} of ${rows.length} rows are ${name}`
      if (remedy === null) return many
      if (remedy === 'unknown') {
        return `${many}: nobody logs in with them, unless passwords.adopt has a verifier`
      }
      return `${many}; crudauth/hashes has ${remedy}() for them`
    }),
    adopt: [...new Set(remedies.filter((one) => one !== null && one !== 'unknown'))] as string[],
  }
}
