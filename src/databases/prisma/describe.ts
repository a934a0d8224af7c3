/**
 * A Prisma model in the words of all adapters. A client knows the names and types of its columns at
 * run time; what is unique only its types know, so it is said in the options, and checked there.
 */
import { ConfigurationError } from '../../errors.ts'
import type { Dialect, TableColumn, TableDescription } from '../table/description.ts'
import type { RuntimeClient, RuntimeModel } from './client.ts'

export interface ModelFacts {
  /** The client's property: `user`. */
  readonly model: string
  /** The property of the primary key. */
  readonly id: string
  readonly unique: readonly string[]
}

/** @throws ConfigurationError for a client or a model that cannot be read. */
export function describeModel(client: RuntimeClient, facts: ModelFacts): TableDescription {
  const [name, model] = modelOf(client, facts.model)
  const dialect = dialectOf(client)
  const unique = new Set(facts.unique)
  const columns = new Map<string, TableColumn>()
  for (const field of model.fields) {
    if (field.kind !== 'scalar' && field.kind !== 'enum') continue
    columns.set(field.name, {
      property: field.name,
      column: field.dbName ?? field.name,
      type: types[field.type] ?? (field.kind === 'enum' ? 'string' : 'other'),
      nullable: true,
      unique: unique.has(field.name),
      // Whether there is one cannot be seen, so nothing is left to it.
      hasDefault: false,
      ...(field.type === 'Int' ? { integerBits: 32 } : {}),
      // Which columns are `char(n)` cannot be seen; the others have been compared by PostgreSQL.
      holds: { padded: dialect === 'postgresql' },
    })
  }
  const table = model.dbName ?? name
  return {
    name: model.schema ? `${model.schema}.${table}` : table,
    dialect,
    columns,
    keys: new Set([facts.id, ...facts.unique]),
    // Which collation or index a column has cannot be seen either.
    caselessKeys: unique,
    constraints: new Map([['PRIMARY', [facts.id]]]),
    largeKeys:
      'use a driver adapter that hands BigInt fields over as bigint, as those of Prisma do',
  }
}

const types: Readonly<Record<string, TableColumn['type']>> = {
  String: 'string',
  Int: 'number',
  BigInt: 'bigint',
  Boolean: 'boolean',
  DateTime: 'date',
}

function modelOf(client: RuntimeClient, wanted: string): readonly [string, RuntimeModel] {
  const models = Object.entries((Object(client) as RuntimeClient)._runtimeDataModel?.models ?? {})
  const propertyOf = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
  const found = models.find(([name]) => propertyOf(name) === wanted)
  if (found) return found
  const names = models.map(([name]) => propertyOf(name)).join(', ')
  throw new ConfigurationError([
    names === ''
      ? 'this is not a Prisma client whose models can be read; pass new PrismaClient({ adapter })'
      : `the Prisma client has no model '${wanted}'; it has: ${names}`,
  ])
}

const dialects: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  cockroachdb: 'postgresql',
  mysql: 'mysql',
  sqlite: 'sqlite',
}

function dialectOf({ _activeProvider: provider = '' }: RuntimeClient): Dialect {
  const dialect = dialects[provider]
  if (dialect) return dialect
  throw new ConfigurationError([
    `Prisma's provider '${provider}' is not supported; use postgresql, mysql or sqlite`,
  ])
}
