/**
 * The store of API keys over a Kysely table.
 */
import type { Kysely, Selectable } from 'kysely'
import {
  type ApiKeyField,
  type ApiKeyStore,
  type ApiKeyTypes,
  apiKeyColumns,
} from '../../features/api-keys/store.ts'
import type { Dialect } from '../table/description.ts'
import { openTable } from '../table/open.ts'
import type { Row, Statements, Values } from '../table/statements.ts'
import type { PropertiesFor } from '../table/types.ts'
import { describeTable, type KeyKind } from './describe.ts'
import { dialectOf } from './dialect.ts'
import { moment, readMoment } from './moment.ts'
import { type AnyDatabase, kyselyStatements } from './statements.ts'

/** What a column of this field may hold: on SQLite a moment is text. */
type ColumnType<Value> = Value extends Date ? Date | string : Value

export interface KyselyApiKeysOptions<DB, T extends keyof DB & string> {
  /** Logical field to column. `name`, `epoch`, `expiresAt` and `lastUsedAt` may be missing. */
  columns: {
    readonly [Field in ApiKeyField]?: PropertiesFor<
      Selectable<DB[T]>,
      ColumnType<ApiKeyTypes[Field]>
    >
  }
  /** What the column of the user's id is. Default `text`, which takes any. */
  userKey?: KeyKind
  /** The column that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<Selectable<DB[T]>, string>
  /** Default: read off the Kysely dialect; needed for one of your own. */
  dialect?: Dialect
}

/**
 * What is wrong with the map is reported by `crudAuth()`, together with everything else. The column of
 * `hashedKey` must be unique, which Kysely cannot tell.
 *
 * @example
 * ```ts
 * apiKeys({ keys: kyselyApiKeys(db, 'api_keys', authApiKeyColumns()) })
 * ```
 *
 * @throws ConfigurationError when the dialect cannot be told.
 */
export function kyselyApiKeys<DB, T extends keyof DB & string>(
  db: Kysely<DB>,
  table: T,
  options: KyselyApiKeysOptions<DB, T>,
): ApiKeyStore {
  const dialect = options.dialect ?? dialectOf(db)
  const columns = options.columns as Readonly<Partial<Record<ApiKeyField, string>>>
  const tenant = options.tenant as string | undefined
  const description = describeTable<ApiKeyField>(
    {
      table,
      dialect,
      columns,
      factors: {},
      others: [],
      tenant,
      keys: { id: 'text', userId: options.userKey ?? 'text' },
      unique: columns.hashedKey === undefined ? [] : [columns.hashedKey],
    },
    apiKeyColumns,
  )
  return openTable<ApiKeyField>(
    description,
    { adapter: 'kysely', columns, tenant },
    apiKeyColumns,
    (known) => {
      // Inside, the application's table is any table.
      const statements = kyselyStatements(db as unknown as Kysely<AnyDatabase>, {
        ...known,
        where: undefined,
        timestamps: {},
        description,
      })
      const { createdAt, expiresAt, lastUsedAt, revokedAt } = columns
      const moments = [createdAt, expiresAt, lastUsedAt, revokedAt].filter(
        (one) => one !== undefined,
      )
      return dialect === 'sqlite' ? momentsAsText(statements, moments) : statements
    },
  )
}

/** SQLite's drivers take and give text where the core has a `Date`. */
function momentsAsText(statements: Statements, moments: readonly string[]): Statements {
  const written = (values: Values): Values =>
    Object.fromEntries(
      Object.entries(values).map(([column, value]) => [
        column,
        value instanceof Date ? moment(value.getTime(), 'sqlite') : value,
      ]),
    )
  const read = (row: Row): Row => ({
    ...row,
    ...Object.fromEntries(moments.map((column) => [column, readMoment(row[column], column)])),
  })
  return {
    ...statements,
    select: async (column, value, scope, also) =>
      (await statements.select(column, value, scope, also)).map(read),
    insert: async (values, scope, during) =>
      read(await statements.insert(written(values), scope, during)),
    update: (key, values, scope, when) =>
      statements.update(key, written(values), scope, written(when)),
  }
}
