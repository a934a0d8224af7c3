/**
 * The users table as a module of the application configures it, looked at.
 */
import type { Checkup } from './checkup.ts'
import { configuredTable } from './configuration.ts'
import { diagnose } from './diagnosis.ts'
import { admissionOf, type Decided, nobodyDecided } from './keeps-out.ts'
import { lossesOf } from './losses.ts'
import type { Orm } from './orm.ts'
import { nothingRead } from './sample.ts'
import type { Decision } from './signals.ts'
import type { InspectedTable, TableMap } from './table.ts'

/** @param path Of the module. */
export async function configurationCheckup(
  path: string,
  orm: Orm,
  decided: Decided | undefined,
): Promise<Checkup> {
  const configured = await configuredTable(path)
  const { table, map, identity } = configured
  return {
    table,
    map,
    orm,
    findings: diagnose(table, map, identity),
    decisions: undecided(table, map, orm, decided),
    losses: lossesOf(table),
    notes: configured.issuers.notes,
    problems: configured.problems,
    changedIssuers: configured.issuers.changed,
    code: '',
    mends: null,
    conditions: [],
  }
}

/** Columns of a configured table that say who is kept out, and that nothing looks at. */
function undecided(
  table: InspectedTable,
  map: TableMap,
  orm: Orm,
  decided: Decided = nobodyDecided,
): readonly Decision[] {
  const used = new Set(Object.values(map).map(({ column }) => column))
  const { decisions, conditions, isActive } = admissionOf(
    table,
    orm,
    nothingRead,
    decided,
    undefined,
    used,
  )
  const columns = [
    ...decisions.map(({ column }) => column),
    ...conditions.map(({ column }) => column),
    ...(isActive ? [isActive.column] : []),
  ]
  return [...new Set(columns)]
    .filter((column) => !used.has(column) && !table.conditionColumns?.includes(column))
    .map((column) => ({
      column,
      question: `${column} may say who is kept out, and neither isActive nor where looks at it`,
      answers: [`--ignore ${column}`],
    }))
}
