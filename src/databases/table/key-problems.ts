/**
 * Whether what a table is mapped by can be told apart: its primary key, its login fields, its
 * tenant.
 */
import type { ResolvedMap } from '../../users/column-map.ts'
import type { TableDescription } from './description.ts'

/** What is wrong with the keys of a table for the way it is mapped. */
export function keyProblems(
  { name, columns, keys, caselessKeys }: TableDescription,
  { map, ignoreCase, folded }: ResolvedMap<string>,
  tenant: string | undefined,
): string[] {
  const problems: string[] = []
  const key = map['id']
  if (key !== undefined && !keys.has(key)) {
    problems.push(
      `columns.id names '${key}', which is neither the primary key of ${name} nor unique; map the primary key with columns: { id: '…' }`,
    )
  }
  for (const property of ignoreCase) {
    if (caselessKeys.has(property)) continue
    problems.push(
      `ignoreCase on '${property}' of ${name} needs an index that keeps two spellings apart: create unique index … on ${name} (lower(${columns.get(property)?.column ?? property})), and declare it in the schema`,
    )
  }
  for (const [property, copy] of folded) {
    if (columns.get(copy.property)?.unique) continue
    problems.push(
      `folded of '${property}' names '${copy.property}', which is not unique; add a unique index on '${columns.get(copy.property)?.column ?? copy.property}' of ${name}`,
    )
  }
  for (const [field, property = ''] of Object.entries(map)) {
    if (folded.has(property)) continue
    if (!caselessKeys.has(property) || columns.get(property)?.unique || ignoreCase.has(property)) {
      continue
    }
    problems.push(
      `'${property}' of ${name} is unique by an index on lower(…), which plain lookups do not use; write ${field}: { property: '${property}', ignoreCase: true }`,
    )
  }
  const tenantType = tenant === undefined ? undefined : columns.get(tenant)?.type
  if (tenant !== undefined && !['string', 'number', 'bigint', 'other'].includes(tenantType ?? '')) {
    problems.push(
      `tenant names '${tenant}', which is not a column of ${name} that holds text or whole numbers; its columns are: ${[...columns.keys()].join(', ')}`,
    )
  }
  return problems
}
