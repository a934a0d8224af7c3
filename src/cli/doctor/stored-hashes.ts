/** Which kinds of hashes are stored, as far as their beginnings tell. */
import { wordsOf } from '../../users/column-names.ts'
import { quoteName, quoteTable } from './quote.ts'
import type { Reading } from './reading.ts'
import {
  columnNamed,
  type Dialect,
  type InspectedTable,
  type MappedColumn,
  type TableMap,
} from './table.ts'

interface Kind {
  readonly pattern: RegExp
  readonly name: string
  /** What verifies it, of `crudauth/hashes`; `null` for what needs nothing. */
  readonly remedy: string | null
  /** Where its first `:` is, and how long it is, for what does not begin with a mark. */
  readonly colon?: readonly number[]
  readonly length?: number
}

/** How each kind of stored hash begins, and what verifies it. Nothing is read but beginnings. */
const kinds: readonly Kind[] = [
  {
    pattern: /^\$bcrypt-sha256\$|^\$peppered\$/,
    name: 'in the format of crudauth',
    remedy: null,
  },
  { pattern: /^(?:!|$)/, name: 'without a password', remedy: null },
  {
    pattern: /^pbkdf2_sha\d+\$|^argon2\$|^bcrypt_sha256\$|^scrypt\$/,
    name: 'of Django',
    remedy: 'django',
  },
  { pattern: /^\$argon2(?:id|i|d)\$/, name: 'of argon2', remedy: 'argon2' },
  { pattern: /^\$2[abxy]\$/, name: 'of bcrypt', remedy: 'bcrypt' },
  { pattern: /^\$H[$\\]|^\$P\\/, name: 'of phpBB', remedy: 'phpbb' },
  { pattern: /^\$wp\$2y\$|^\$P\$/, name: 'of WordPress', remedy: 'wordpress' },
  { pattern: /^\$S\$|^U\$/, name: 'of Drupal', remedy: 'drupal' },
  { pattern: /^scrypt:|^pbkdf2:/, name: 'of Werkzeug', remedy: 'werkzeug' },
  { pattern: /^\$scrypt\$|^\$pbkdf2-/, name: 'of passlib', remedy: 'passlib' },
  { pattern: /^AQAAAA/, name: 'of ASP.NET Identity', remedy: 'aspNetIdentity' },
  { pattern: /^\$fbscrypt\$/, name: 'of Supabase', remedy: 'supabase' },
  { pattern: /^\$f_scrypt\$/, name: 'of SuperTokens', remedy: 'superTokens' },
  { pattern: /^\$keycloak\$/, name: 'of Keycloak', remedy: 'keycloak' },
  { pattern: /^\$payload\$/, name: 'of Payload', remedy: 'payload' },
  { pattern: /^\$gitea\$/, name: 'of Gitea', remedy: 'gitea' },
  { pattern: /^s2:/, name: 'of Lucia', remedy: 'lucia' },
  {
    pattern: /^[0-9a-f]{24}/,
    name: 'of Better Auth',
    remedy: 'betterAuth',
    colon: [33],
    length: 161,
  },
  { pattern: /^[0-9a-f]{24}/, name: 'of Magento', remedy: 'magento', colon: [33, 65] },
]

/**
 * What writes ordinary hashes, and reads passwords in its own way: known by columns that nobody
 * else has.
 */
const origins: readonly (readonly [columns: readonly string[], name: string, remedy: string])[] = [
  [['username_clean', 'user_inactive_reason'], 'phpBB', 'phpbb'],
  [['init', 'pass', 'access', 'login'], 'Drupal', 'drupal'],
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
  { dialect, rows: read }: Reading,
  table: InspectedTable,
  map: TableMap,
): Promise<HashReport> {
  const column = map.hashedPassword?.column
  if (column === undefined) return { notes: [], adopt: [] }
  const [name, of] = [quoteName(column, dialect), quoteTable(table.name, dialect)]
  // Of bytes nothing is a format that we know.
  const isText = columnNamed(table, column)?.type === 'string'
  const shape = isText
    ? `substr(${name}, 1, 24) as start, length(${name}) as size, ${colonIn[dialect](name)} as colon`
    : 'null as start, 0 as size, 0 as colon'
  const select = `select ${shape} from ${of}`
  const limit = `limit ${hashesSampled + 1}`
  const what = 'which hashes there are, and so whether anybody could log in with theirs'
  const first = await read(`${select} ${limit}`, what)
  if (first === null) return { notes: [], adopt: [] }
  const isAll = first.length <= hashesSampled
  const key = map.id && quoteName(map.id.column, dialect)
  // The latest are of the format that is written now. By its index a key is fast.
  const latest =
    isAll || !key
      ? []
      : ((await read(
          `${select} order by ${key} desc ${limit}`,
          'which hashes the latest rows have',
        )) ?? [])
  const rows = [...first.slice(0, hashesSampled), ...latest.slice(0, hashesSampled)]
  const total = isAll
    ? `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`
    : `the ${rows.length} rows that were looked at`
  const counts = new Map<string, { count: number; remedy: string | null }>()
  const origin = originOf(table)
  for (const row of rows) {
    const { name, remedy } = kindOf(row, origin)
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

/** Where the first `:` of a text is, counted from 1. */
const colonIn: Readonly<Record<Dialect, (name: string) => string>> = {
  postgresql: (name) => `strpos(${name}, ':')`,
  mysql: (name) => `locate(':', ${name})`,
  sqlite: (name) => `instr(${name}, ':')`,
}

function originOf(table: InspectedTable): readonly [name: string, remedy: string] | null {
  const found = origins.find(([columns]) => columns.every((name) => columnNamed(table, name)))
  return found ? [found[1], found[2]] : null
}

function kindOf(
  row: Readonly<Record<string, unknown>>,
  origin: ReturnType<typeof originOf>,
): Pick<Kind, 'name' | 'remedy'> {
  const text = row['start'] == null ? '' : String(row['start'])
  const [colon, size] = [Number(row['colon']), Number(row['size'])]
  const kind = kinds.find(
    (one) =>
      one.pattern.test(text) &&
      (one.colon?.includes(colon) ?? true) &&
      (one.length === undefined || one.length === size),
  )
  if (!kind) return { name: 'of no known format', remedy: 'unknown' }
  const isOrdinary = kind.remedy === 'bcrypt' || kind.remedy === 'argon2'
  if (!origin || !isOrdinary) return kind
  return { name: `${kind.name}, as ${origin[0]} writes it`, remedy: origin[1] }
}

/** A salt beside the hash, in a layout that is not known. */
export function saltNote({ columns }: InspectedTable, hash: MappedColumn | undefined): string[] {
  if (!hash || hash.split) return []
  return columns
    .filter(({ name, type }) => type !== 'boolean' && wordsOf(name).includes('salt'))
    .map(
      ({ name }) =>
        `${name}: where hashes are made with it, nobody logs in before both are one text; see "A hash in several columns" in the docs`,
    )
}
