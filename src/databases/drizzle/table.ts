/**
 * A Drizzle table, opened for one of our stores: described, mapped, and confined to its tenant.
 */
import type { Table } from 'drizzle-orm'
import { type MappedFields, resolveColumnMap } from '../../users/column-map.ts'
import type { UserColumn, UserScope } from '../../users/store.ts'
import { describeTable } from './describe.ts'
import { type Statements, sqliteStatements } from './sqlite.ts'

export interface TableOptions {
  readonly columns: Readonly<Record<string, unknown>>
  readonly tenant: string | undefined
}

export interface OpenTable<Field extends string> {
  /** What every store says of itself. */
  readonly store: {
    readonly name: string
    readonly columns: ReadonlyMap<string, UserColumn>
    readonly map: Readonly<Partial<Record<Field, string>>>
    readonly tenants: boolean
    readonly problems: readonly string[]
  }
  readonly statements: Statements
  /** @throws Error when the table has tenants and the call names none. */
  confined(scope: UserScope): UserScope
}

export function openTable<Field extends string>(
  db: unknown,
  table: Table,
  { columns, tenant }: TableOptions,
  fields: MappedFields<Field | 'id'>,
): OpenTable<Field | 'id'> {
  const description = describeTable(table, tenant)
  const { name } = description
  const { map, problems } = resolveColumnMap(name, description.columns, columns, fields)
  const { id } = map as { readonly id?: string }
  const tenantProblems =
    tenant !== undefined && description.columns.get(tenant)?.type !== 'string'
      ? [`tenant names '${tenant}', which is not a text column of ${name}`]
      : []
  const keyProblems =
    id !== undefined && !description.keys.has(id)
      ? [
          `columns.id names '${id}', which is neither the primary key of ${name} nor unique; map the primary key with columns: { id: '…' }`,
        ]
      : []
  return {
    store: {
      name: `drizzle (${description.dialect})`,
      columns: description.columns,
      map,
      tenants: tenant !== undefined,
      problems: [...problems, ...keyProblems, ...tenantProblems],
    },
    statements: sqliteStatements(db, table, { id: id ?? 'id', tenant, description }),
    confined(scope) {
      if (tenant === undefined) return scope
      if (typeof scope.tenant !== 'string') {
        throw new Error(
          `crudauth: ${name} is partitioned by '${tenant}', but the call names no tenant`,
        )
      }
      // A database would store a lone surrogate as another character: two tenants would be one.
      if (!scope.tenant.isWellFormed() || scope.tenant.includes('\0')) {
        throw new Error(`crudauth: the tenant of a call on ${name} is not Unicode text`)
      }
      return scope
    },
  }
}
