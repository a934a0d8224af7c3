/**
 * Login names in upper and lower case: which columns ignore it, and whether rows are written in
 * one.
 */
import type { Ours } from '../../databases/table/keys.ts'
import type { Identity } from './diagnosis.ts'
import type { Orm } from './orm.ts'
import { oneLine, quoteName, quoteTable } from './quote.ts'
import type { Reading } from './reading.ts'
import { sampled } from './sample.ts'
import { columnNamed, type InspectedTable, type TableMap, uniquenessIn } from './table.ts'

/**
 * Whether a column has to be mapped with `ignoreCase`: its index is over `lower(…)`; or it is
 * `citext`, which the database compares in any case. Drizzle tells that of it, and the others take
 * a row in another case for somebody else's.
 */
export function ignoresCase(orm: Orm, table: InspectedTable, column: string, ours: Ours): boolean {
  const unique = uniquenessIn(table, column, ours)
  const isCitext = columnNamed(table, column)?.sqlType === 'citext'
  return unique === 'folded' || (unique === 'yes' && isCitext && orm !== 'drizzle')
}

/** The lookup is over `lower(…)`, or by `ILIKE`, which the index of the column does not serve. */
function indexNotes(orm: Orm, table: InspectedTable, column: string, ours: Ours): string[] {
  if (uniquenessIn(table, column, ours) === 'folded') return []
  const of = `${quoteTable(table.name, table.dialect)}`
  const name = quoteName(column, table.dialect)
  return orm === 'prisma'
    ? [
        oneLine(
          `${column}: Prisma looks it up by ILIKE, for which a large table needs an index: create extension if not exists pg_trgm; create index on ${of} using gin ((${name}::text) gin_trgm_ops)`,
        ),
      ]
    : [
        oneLine(
          `${column}: looked up by lower(${column}), for which a large table needs an index: create index on ${of} (lower(${name}))`,
        ),
      ]
}

/**
 * Whether addresses that log in were written in any case: one that is typed in lower case would not
 * be found, and could be registered by somebody else.
 */
export async function caseNotes(
  { dialect, rows: read }: Reading,
  table: InspectedTable,
  map: TableMap,
  { login }: Identity,
  ours: Ours,
  orm: Orm,
): Promise<readonly string[]> {
  const { column, folded } = map.email ?? {}
  if (column === undefined || folded || !login.includes('email')) return []
  if (ignoresCase(orm, table, column, ours)) return indexNotes(orm, table, column, ours)
  // Drizzle knows of such a column that it ignores case.
  if (columnNamed(table, column)?.sqlType === 'citext') return []
  const [name, of] = [quoteName(column, dialect), quoteTable(table.name, dialect)]
  const differs = {
    postgresql: `${name}::text <> lower(trim(${name}::text))`,
    mysql: `binary ${name} <> binary lower(trim(${name}))`,
    // Whatever collation the column has.
    sqlite: `${name} <> lower(trim(${name})) collate binary`,
  }[dialect]
  const some = `(select ${name} from ${of} limit ${sampled}) as looked_at`
  const found = await read(
    `select 1 as found from ${some} where ${differs} limit 1`,
    `whether all of ${column} is in lower case, in which it is looked up`,
  )
  if (found === null || found.length === 0) return []
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
