/**
 * The configuration that adopts the table, as code to start from.
 */
import type { Finding, Identity } from './diagnosis.ts'
import { camelCase } from './mapping.ts'
import { quoteText } from './quote.ts'
import type { InspectedTable, TableMap } from './table.ts'

/** @param adopt The verifiers that the stored hashes need, from `crudauth/hashes`. */
export function configurationOf(
  table: InspectedTable,
  map: TableMap,
  identity: Identity,
  findings: readonly Finding[],
  adopt: readonly string[],
): string {
  const store = camelCase(table.name.slice(table.name.lastIndexOf('.') + 1)).replace(/\W/g, '_')
  const options = [...columnLines(map, findings), ...whereLines(table, store)]
  const users =
    options.length === 0
      ? `  users: drizzleUsers(db, ${store}),`
      : [`  users: drizzleUsers(db, ${store}, {`, ...options, '  }),'].join('\n')
  const lines = [
    'crudAuth({',
    users,
    '  transports: [session()],',
    ...identityLines(map, identity, findings),
    ...(adopt.length > 0
      ? [`  passwords: { adopt: [${adopt.map((name) => `${name}()`).join(', ')}] },`]
      : []),
    '})',
  ]
  return lines.join('\n')
}

function columnLines(map: TableMap, findings: readonly Finding[]): string[] {
  const folded = new Set(
    findings.flatMap(({ troubles }) =>
      troubles.filter(({ kind }) => kind === 'folded').map(({ need }) => need.field),
    ),
  )
  const lines = Object.entries(map).flatMap(([field, mapped]) => {
    const name = camelCase(mapped.column)
    const property = quoteText(name)
    if (mapped.codec !== undefined) {
      return [`      ${field}: { property: ${property}, codec: ${mapped.codec} },`]
    }
    if (folded.has(field as never)) {
      return [`      ${field}: { property: ${property}, ignoreCase: true },`]
    }
    return name === field ? [] : [`      ${field}: ${property},`]
  })
  return lines.length === 0 ? [] : ['    columns: {', ...lines, '    },']
}

/** Rows that are marked as deleted are not users any more. */
function whereLines({ columns }: InspectedTable, store: string): string[] {
  const deleted = columns.find(({ name }) => /^(?:deleted_at|deletedAt|is_deleted)$/.test(name))
  if (!deleted) return []
  const column = `${store}.${camelCase(deleted.name)}`
  return [`    where: ${deleted.type === 'date' ? `isNull(${column})` : `eq(${column}, false)`},`]
}

/** Said where the default would take in a field that is not unique. */
function identityLines(map: TableMap, { login }: Identity, findings: readonly Finding[]): string[] {
  const present = (['email', 'username'] as const).filter((field) => map[field] !== undefined)
  const recovers = findings.some(
    ({ feature, status }) => feature.name === 'recovery' && status === 'ok',
  )
  const names = login.map((name) => `'${name}'`).join(', ')
  const recovery = map.email !== undefined && !recovers ? ', recovery: null' : ''
  if (present.length === login.length && recovery === '') return []
  return [`  identity: { login: [${names}]${recovery} },`]
}
