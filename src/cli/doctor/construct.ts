/**
 * Constructs what is about to be printed against what was found: what `crudAuth()` would refuse is
 * told here, and nothing is called ready that does not start.
 */
import { crudAuth } from '../../auth.ts'
import type { Dialect, TableColumn, TableDescription } from '../../databases/table/description.ts'
import type { Ours } from '../../databases/table/keys.ts'
import { openTable } from '../../databases/table/open.ts'
import { ConfigurationError } from '../../errors.ts'
import { session } from '../../features/session/session.ts'
import * as hashes from '../../passwords/other-systems/index.ts'
import { userFields } from '../../users/column-map.ts'
import type { UserColumn, UserStore } from '../../users/store.ts'
import { codecOf } from './codecs.ts'
import { ignoresCase } from './letter-case.ts'
import { isMendedMoment } from './mends.ts'
import { type Orm, propertyOf, typeIn } from './orm.ts'
import type { Plan } from './plan.ts'
import {
  type InspectedColumn,
  type InspectedTable,
  type MappedColumn,
  type TableMap,
  uniquenessIn,
} from './table.ts'

/** What would be refused, one sentence each. */
export function problemsOf(plan: Plan): readonly string[] {
  const { orm, map, tenant, identity, adopt, newValues } = plan
  const columns = Object.fromEntries([
    ...Object.entries(map).map(([field, mapped]) => [field, entryOf(plan, mapped, field)]),
    ...plan.unmapped.map((field) => [field, null]),
  ])
  const users = openTable(
    describe(plan),
    {
      adapter: orm,
      columns,
      tenant: tenant === undefined ? undefined : propertyOf(orm, tenant),
      newKey: plan.newKey === null ? undefined : () => '',
    },
    userFields,
    () => nobody,
  ) as unknown as UserStore
  const formats = hashes as unknown as Readonly<Record<string, () => hashes.AdoptedFormat>>
  const [fixed, varying] = [
    newValues.filter(({ varies }) => !varies),
    newValues.filter(({ varies }) => varies),
  ]
  try {
    crudAuth({
      users,
      secret: 'only to see whether it would start',
      transports: [session()],
      identity: { login: identity.login, ...(identity.recovers ? {} : { recovery: null }) },
      passwords: { adopt: adopt.flatMap((name) => formats[name]?.() ?? []) },
      registration: {
        newUserDefaults: Object.fromEntries(
          fixed.map(({ column }) => [propertyOf(orm, column), '']),
        ),
        ...(varying.length > 0 ? { newUserFields: () => ({}) } : {}),
      },
      ...(tenant === undefined ? {} : { tenant: () => '' }),
      onEvent: () => undefined,
    })
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

function entryOf({ orm, table, ours }: Plan, mapped: MappedColumn, field: string): unknown {
  const property = propertyOf(orm, mapped.column)
  const { codec, folded, split } = mapped
  if (split) {
    const parts = split.parts.map((part) => propertyOf(orm, part))
    return { property, parts, text: () => '', unset: split.unset }
  }
  if (codec) return { property, codec: codecOf(codec) }
  if (folded) {
    return { property, folded: { property: propertyOf(orm, folded.column), to: folded.to } }
  }
  const ignoreCase =
    (field === 'email' || field === 'username') && ignoresCase(orm, table, mapped.column, ours)
  return ignoreCase ? { property, ignoreCase } : property
}

/** The table as the adapter would describe it. */
function describe({ table, orm, map, ours, newValues }: Plan): TableDescription {
  const { name, dialect } = table
  const named = new Set([
    ...Object.values(map).flatMap(({ column, folded, split }) => [
      column,
      folded?.column,
      ...(split?.parts ?? []),
    ]),
    ...newValues.map(({ column }) => column),
    ours.tenant,
  ])
  // Kysely sees no column that is not named.
  const seen = table.columns.filter((column) => orm !== 'kysely' || named.has(column.name))
  const columns = seen.map((column) => columnOf(column, orm, table, map, ours))
  const primary = new Set(
    table.uniqueKeys.filter((key) => key.primary).flatMap((key) => key.columns),
  )
  const keyed = columns.filter(
    (column) =>
      column.unique ||
      (primary.has(column.column) && uniquenessIn(table, column.column, ours) === 'yes'),
  )
  const caseless = columns.filter(
    (column) =>
      ignoresCase(orm, table, column.column, ours) || (dialect === 'mysql' && column.unique),
  )
  return {
    name,
    dialect: dialect as Dialect,
    columns: new Map(columns.map((column) => [column.property, column])),
    keys: new Set(keyed.map(({ property }) => property)),
    caselessKeys: new Set(caseless.map(({ property }) => property)),
    largeKeys: '',
    constraints: new Map(),
  }
}

function columnOf(
  column: InspectedColumn,
  orm: Orm,
  table: InspectedTable,
  map: TableMap,
  ours: Ours,
): TableColumn {
  const seen = isMendedMoment(map, column.name) ? 'date' : typeIn(orm, table.dialect, column)
  return {
    property: propertyOf(orm, column.name),
    column: column.name,
    type: seen === 'bytes' ? 'other' : seen,
    nullable: column.nullable,
    unique: uniquenessIn(table, column.name, ours) === 'yes',
    hasDefault: column.hasDefault,
    ...(column.maxLength === undefined ? {} : { maxLength: column.maxLength }),
    ...(column.values === undefined ? {} : { values: column.values }),
    ...(column.integerBits === undefined
      ? {}
      : { integerBits: column.integerBits as NonNullable<UserColumn['integerBits']> }),
    holds: {},
  }
}

/** No statement is sent. */
const nobody = {
  transactions: 'async' as const,
  select: async () => [],
  insert: async () => ({}),
  update: async () => false,
  delete: async () => false,
  increment: async () => false,
}
