/**
 * What Kysely or Prisma does not see of a table, and has to be told.
 */
import { typeIn } from '../orm.ts'
import type { Plan } from '../plan.ts'
import { quoteText } from '../quote.ts'
import { columnNamed, uniquenessIn } from '../table.ts'

/** The columns that log in, recover, or say who somebody is at a provider. */
export function uniqueColumns({ map, table, ours }: Plan): string[] {
  return ['email', 'username', 'googleId', 'githubId'].flatMap((field) => {
    const mapped = map[field as keyof typeof map]
    if (!mapped) return []
    if (mapped.folded) return [mapped.folded.column]
    return uniquenessIn(table, mapped.column, ours) === 'no' ? [] : [mapped.column]
  })
}

/** Whether Prisma's types know that they are. */
export function isUniqueAlone(plan: Plan): boolean {
  return uniqueColumns(plan).every(
    (column) => uniquenessIn(plan.table, column) === 'yes' && !isPartial(plan, column),
  )
}

function isPartial({ table }: Plan, column: string): boolean {
  return !table.uniqueKeys.some(
    (key) => !key.where && !key.folds && key.columns.length === 1 && key.columns[0] === column,
  )
}

export function keyLine(
  { table, orm }: Plan,
  name: string | undefined,
  option: string,
  usual: string,
): string[] {
  const column = name === undefined ? undefined : columnNamed(table, name)
  if (!column) return []
  const seen = typeIn(orm, table.dialect, column)
  const kind =
    column.type === 'bigint'
      ? seen === 'string'
        ? 'bigint-text'
        : 'bigint-number'
      : column.sqlType === 'uuid'
        ? 'uuid'
        : column.type === 'string'
          ? 'text'
          : table.dialect === 'sqlite' || /unsigned/.test(column.sqlType)
            ? 'bigint-number'
            : 'integer'
  return kind === usual ? [] : [`    ${option}: '${kind}',`]
}

/** What registration writes besides. */
export function otherLines({ newValues, map }: Plan): string[] {
  const mapped = new Set(Object.values(map).map(({ column }) => column))
  const others = newValues.map(({ column }) => column).filter((column) => !mapped.has(column))
  return others.length === 0 ? [] : [`    others: [${others.map(quoteText).join(', ')}],`]
}
