/**
 * What the doctor found, for people.
 */
import type { Finding, Status, Trouble } from './diagnosis.ts'
import { oneLine } from './quote.ts'
import type { InspectedTable } from './table.ts'

const marks: Readonly<Record<Status, string>> = {
  ok: 'ok     ',
  missing: 'missing',
  broken: 'BROKEN ',
}

export function reportOf(table: InspectedTable, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ feature }) => feature.name.length))
  const lines = findings.flatMap(({ feature, status, columns, troubles }) => {
    const head =
      `  ${feature.name.padEnd(width)}  ${marks[status]}  ${columns.join(', ')}`.trimEnd()
    const told = troubles.map((trouble) => `${' '.repeat(width + 13)}${sentence(trouble)}`)
    const lost = status === 'ok' ? [] : [`${' '.repeat(width + 13)}without: ${feature.without}`]
    return [head, ...told, ...lost]
  })
  return [`${table.name} (${table.dialect})`, '', ...lines].map(oneLine).join('\n')
}

/** What is wrong, and with what. */
function sentence(trouble: Trouble): string {
  const { need } = trouble
  switch (trouble.kind) {
    case 'absent':
      return `no column for ${need.field}`
    case 'type':
      return `${need.field}: ${trouble.column} holds ${trouble.found}, and must hold ${need.types[0]}`
    case 'short':
      return `${need.field}: ${trouble.column} takes ${trouble.found} characters, and needs ${need.minLength}`
    case 'not unique':
      if (trouble.where !== undefined) {
        return `${need.field}: ${trouble.column} is unique only where ${trouble.where}; if all users are among those rows, say so, such as with --let-in`
      }
      return trouble.with === undefined
        ? `${need.field}: ${trouble.column} is not unique by itself`
        : `${need.field}: ${trouble.column} is unique together with ${trouble.with} only; if that is a tenant's column, add --tenant ${trouble.with}`
    case 'folded':
      return `${need.field}: ${trouble.column} is unique by lower(${trouble.column}); map it with ignoreCase: true`
  }
}
