/**
 * The table held against what the features need.
 */

import type { Ours } from '../../databases/table/keys.ts'
import { type Feature, featuresFor, type Need } from './features.ts'
import { columnNamed, type InspectedTable, type TableMap, uniquenessIn } from './table.ts'

export type Status = 'ok' | 'missing' | 'broken'

/** What is wrong with one column that a feature needs. */
export type Trouble =
  | { readonly kind: 'absent'; readonly need: Need }
  | { readonly kind: 'type'; readonly need: Need; readonly column: string; readonly found: string }
  | { readonly kind: 'short'; readonly need: Need; readonly column: string; readonly found: number }
  | {
      readonly kind: 'not unique'
      readonly need: Need
      readonly column: string
      /** The column together with which it is unique: a tenant's, perhaps. */
      readonly with?: string
      /** The rows among which it is unique, as an index says. */
      readonly where?: string
    }
  | { readonly kind: 'folded'; readonly need: Need; readonly column: string }

export interface Finding {
  readonly feature: Feature
  /** `missing` is a feature that cannot be had; `broken` one that nothing works without. */
  readonly status: Status
  readonly columns: readonly string[]
  readonly troubles: readonly Trouble[]
}

export interface Identity {
  readonly login: readonly ('email' | 'username')[]
  readonly recovers: boolean
}

/**
 * Logs in by what was told; else by what is unique already; else by what there is. Addresses
 * recover where there are any.
 */
export function identityOf(
  table: InspectedTable,
  map: TableMap,
  told: readonly string[] | undefined,
  ours: Ours = {},
): Identity {
  const present = (['email', 'username'] as const).filter((field) => map[field] !== undefined)
  const unique = present.filter((field) => isUniqueBy(table, map, field, ours) !== 'no')
  const login = told
    ? (['email', 'username'] as const).filter((field) => told.includes(field))
    : unique.length > 0
      ? unique
      : present
  return {
    login: login.length > 0 ? login : ['email'],
    recovers: map.email !== undefined && isUniqueBy(table, map, 'email', ours) !== 'no',
  }
}

function isUniqueBy(
  table: InspectedTable,
  map: TableMap,
  field: 'email' | 'username',
  ours: Ours,
): 'yes' | 'folded' | 'no' {
  const { column = '', folded } = map[field] ?? {}
  return uniquenessIn(table, folded?.column ?? column, ours)
}

export function diagnose(
  table: InspectedTable,
  map: TableMap,
  identity: Identity,
  ours: Ours = {},
): Finding[] {
  return featuresFor(identity.login, map.email !== undefined).map((feature) => {
    const troubles = feature.needs.flatMap((need) => troublesWith(table, map, need, ours))
    const columns = feature.needs.flatMap(({ field }) => {
      const mapped = map[field]
      return mapped ? [`${field}: ${mapped.column}`] : []
    })
    const serious = troubles.filter(({ kind }) => kind !== 'folded')
    const status = serious.length === 0 ? 'ok' : feature.required ? 'broken' : 'missing'
    return { feature, status, columns, troubles }
  })
}

function troublesWith(table: InspectedTable, map: TableMap, need: Need, ours: Ours): Trouble[] {
  const mapped = map[need.field]
  const column = mapped && columnNamed(table, mapped.column)
  if (!column) return [{ kind: 'absent', need }]
  const { name, type, maxLength, integerBits: bits = 32 } = column
  if (need.kind === 'text' && /^(?:bytea|\w*blob|(?:var)?binary)/.test(column.sqlType)) {
    return [{ kind: 'type', need, column: name, found: 'bytes' }]
  }
  const isFlag = need.kind === 'flag' && mapped.codec !== undefined
  if (!isFlag && !need.types.includes(type))
    return [{ kind: 'type', need, column: name, found: type }]
  if (need.minBits !== undefined && bits < need.minBits) {
    return [{ kind: 'type', need, column: name, found: `${type} of ${bits} bits` }]
  }
  if (need.minLength !== undefined && maxLength !== undefined && maxLength < need.minLength) {
    return [{ kind: 'short', need, column: name, found: maxLength }]
  }
  if (!need.unique) return []
  const unique = uniquenessIn(table, mapped.folded?.column ?? name, ours)
  if (unique === 'yes') return []
  if (unique === 'folded') return [{ kind: 'folded', need, column: name }]
  const partner = partnerOf(table, name)
  return [
    {
      kind: 'not unique',
      need,
      column: name,
      ...(partner ? { with: partner } : {}),
      ...among(table, name),
    },
  ]
}

/** The one other column together with which a column is unique. */
export function partnerOf({ uniqueKeys }: InspectedTable, name: string): string | undefined {
  const key = uniqueKeys.find(({ columns }) => columns.length === 2 && columns.includes(name))
  return key?.columns.find((column) => column !== name)
}

/** The rows among which it is unique, where an index covers some only. */
function among({ uniqueKeys }: InspectedTable, name: string): { where?: string } {
  const where = uniqueKeys.find(({ columns }) => columns.length === 1 && columns[0] === name)?.where
  return where ? { where } : {}
}
