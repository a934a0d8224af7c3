/**
 * The whole map of a table, and what of it goes into a configuration.
 */
import type { Finding, Identity } from './diagnosis.ts'
import { knownLayout } from './elsewhere.ts'
import { admissionOf, type Decided, sqlOf } from './keeps-out.ts'
import { mapTable } from './mapping.ts'
import type { NewValue } from './new-rows.ts'
import type { Orm } from './orm.ts'
import type { Sample } from './sample.ts'
import type { InspectedTable, MappedColumn, TableMap } from './table.ts'

/** The whole map; what makes a login name unique depends on who counts as a user. */
export function wholeMap(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  told: Readonly<Record<string, string>>,
  tenant: string | undefined,
  decided: Decided,
) {
  const { isActive: active, ...others } = told
  const first = mapTable({ table, orm, sample, told: others, ours: { tenant } })
  const taken = new Set(
    Object.values(first).flatMap(({ column, folded }) => [column, folded?.column ?? column]),
  )
  const admission = admissionOf(table, orm, sample, decided, active, taken)
  const ours = { tenant, where: sqlOf(admission.conditions, table) }
  const rest = mapTable({ table, orm, sample, told: others, ours })
  const isActive: MappedColumn | undefined = admission.isActive ?? undefined
  const { id, email, username, hashedPassword: named, ...flags } = rest
  const hashedPassword = (told['hashedPassword'] ? undefined : knownLayout(table)) ?? named
  const map: TableMap = {
    ...(id ? { id } : {}),
    ...(email ? { email } : {}),
    ...(username ? { username } : {}),
    ...(hashedPassword ? { hashedPassword } : {}),
    ...(isActive ? { isActive } : {}),
    ...flags,
  }
  return { map, admission, ours }
}

/** Without fields that can be left out, and whose column holds something else. */
export function withoutMisfits(map: TableMap, findings: readonly Finding[]): TableMap {
  const misfits = new Set(
    findings
      .filter(({ status }) => status === 'missing')
      .flatMap(({ troubles }) => troubles.filter(({ kind }) => kind === 'type'))
      .map(({ need }) => need.field),
  )
  return Object.fromEntries(Object.entries(map).filter(([field]) => !misfits.has(field as never)))
}

/**
 * Without what neither logs in nor recovers: nothing would write it, and so the application may.
 */
export function onlyUsed(
  { email, username, ...rest }: TableMap,
  { login, recovers }: Identity,
): TableMap {
  const { id, ...others } = rest
  return {
    ...(id ? { id } : {}),
    ...(email && (recovers || login.includes('email')) ? { email } : {}),
    ...(username && login.includes('username') ? { username } : {}),
    ...others,
  }
}

/**
 * Fields whose name a column has that was found to be something else, or is looked at elsewhere.
 */
export function misleading(
  table: InspectedTable,
  map: TableMap,
  orm: Orm,
  added: readonly NewValue[],
): string[] {
  // Kysely sees no column that is not named.
  const isSeen = (column: string) => orm !== 'kysely' || added.some((one) => one.column === column)
  const used = new Set(Object.values(map).map(({ column }) => column))
  return (
    [
      'email',
      'username',
      'isActive',
      'isSuperuser',
      'emailVerified',
      'tokenVersion',
      'oauthProvider',
      'oauthCreatedAt',
      'oauthUpdatedAt',
    ] as const
  ).filter(
    (field) =>
      map[field] === undefined &&
      table.columns.some(
        ({ name }) =>
          !used.has(name) &&
          isSeen(name) &&
          name.replaceAll('_', '').toLowerCase() === field.toLowerCase(),
      ),
  )
}
