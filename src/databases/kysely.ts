/**
 * Kysely: the application's table, as it is, for the core.
 *
 * Kysely knows tables at compile time only. So the map names every column that we may use, the
 * compiler checks it against the database's type, and what no type tells (what is unique, what the
 * key is) is said beside it.
 */
import type {
  Expression,
  ExpressionBuilder,
  Insertable,
  Kysely,
  Selectable,
  SqlBool,
  Transaction,
} from 'kysely'
import { declareOptions } from '../options/declare.ts'
import { anObject, callback, condition, oneOf, optional, text, texts } from '../options/option.ts'
import { userFields } from '../users/column-map.ts'
import type { LogicalField, UserStore, UserTypes } from '../users/store.ts'
import { describeTable, type KeyKind, keyKinds } from './kysely/describe.ts'
import { dialectOf, requireKysely } from './kysely/dialect.ts'
import { type KyselyPasswordFacts, openPasswords } from './kysely/passwords.ts'
import { type AnyDatabase, kyselyStatements } from './kysely/statements.ts'
import type { Dialect } from './table/description.ts'
import { type AdapterOptions, newKeyOption, openTable } from './table/open.ts'
import { aTable, passwordTableOption } from './table/password-options.ts'
import type {
  ColumnMapOf,
  FactorMapOf,
  IdentityField,
  PropertiesFor,
  PropertyOf,
  SplitHashColumn,
} from './table/types.ts'

export { SqlStorageError, type SqlStorageFailure } from '../storage/sql/error.ts'
export type { SqlStorageOptions } from '../storage/sql/storage.ts'
export { addAuthApiKeyColumns, authApiKeyColumns } from './kysely/api-key-columns.ts'
export { type KyselyApiKeysOptions, kyselyApiKeys } from './kysely/api-keys.ts'
export { type AuthUserColumns, addAuthUserColumns, authUserColumns } from './kysely/columns.ts'
export type { KeyKind } from './kysely/describe.ts'
export {
  addAuthIdentityColumns,
  authIdentityColumns,
  type KyselyIdentitiesOptions,
  kyselyIdentities,
} from './kysely/identities.ts'
export { type KyselyStorageOptions, kyselyStorage } from './kysely/storage.ts'
export { addAuthStorageColumns } from './kysely/storage-columns.ts'
export { DatabaseError } from './table/errors.ts'
export type {
  CodedFlag,
  ColumnFor,
  ColumnMapOf,
  FactorMapOf,
  FoldedColumn,
  PropertiesFor,
  SplitHashColumn,
} from './table/types.ts'
export type { AuthUserColumnOptions } from './table/user-columns.ts'

/** The types of a table of this database under this map. */
export interface KyselyUserTypes<DB, T extends keyof DB & string, Columns> extends UserTypes {
  row: Selectable<DB[T]> & object
  user: Omit<Selectable<DB[T]>, PropertyOf<Columns, 'hashedPassword'>>
  id: Extract<
    Selectable<DB[T]>[PropertyOf<Columns, 'id'> & keyof Selectable<DB[T]>],
    string | number | bigint
  >
  insert: Insertable<DB[T]> & object
  columns: Columns
  transaction: Transaction<DB>
  during: void | Promise<void>
}

/**
 * Password hashes in a second table: a row for each user, or one of several credentials, told by a
 * kind.
 */
export interface KyselyPasswords<DB, T extends keyof DB & string, P extends keyof DB & string> {
  /** The second table. */
  table: P
  /** Its column that has the key of the user, which is of the same kind. */
  user: PropertiesFor<Selectable<DB[P]>, string | number | bigint>
  /** Its column of the hash, or a hash in several columns. */
  hash: PropertiesFor<Selectable<DB[P]>, string> | SplitHashColumn<Selectable<DB[P]>>
  /**
   * What its rows of passwords have and other credentials have not, such as
   * `{ provider_id: 'credential' }`. Others are neither read nor written. Default: every row is a
   * password.
   */
  only?: Partial<Selectable<DB[P]>>
  /**
   * The columns that are unique together, so that nobody has two passwords: that of the user, and
   * those that `only` names. Say so of a partial index over the rows of passwords with that of the
   * user alone.
   */
  unique: readonly (keyof Selectable<DB[P]> & string)[]
  /**
   * What a new row has besides, such as `(user) => ({ id: randomUUID(), account_id: user.id })`.
   * Default: nothing.
   */
  insert?: (user: Selectable<DB[T]>) => Partial<Insertable<DB[P]>>
  /** Columns to write the moment of an insert or of any write to. Default none. */
  timestamps?: {
    readonly createdAt?: PropertiesFor<Selectable<DB[P]>, Date | string>
    readonly updatedAt?: PropertiesFor<Selectable<DB[P]>, Date | string>
  }
}

/** The options of `kyselyUsers()`: the columns, and what the database's types do not tell. */
export interface KyselyUsersOptions<
  DB,
  T extends keyof DB & string,
  Columns,
  P extends keyof DB & string = keyof DB & string,
> {
  /** Logical field to column, for every column that the library may use. */
  columns: Columns & {
    readonly [Unknown in Exclude<keyof Columns, LogicalField | IdentityField>]: never
  }
  /**
   * The columns that are unique, each by itself (or together with the tenant): the fields that log
   * in and recover must be among them. With `ignoreCase` say so of a unique index on `lower(…)`.
   */
  unique: readonly (keyof Selectable<DB[T]> & string)[]
  /** What the primary key is. Default `integer`. */
  key?: KeyKind
  /** Further fields of the identity, such as `{ phone: 'mobile', phoneVerified: 'mobile_ok' }`. */
  factors?: FactorMapOf<Selectable<DB[T]>>
  /** Further columns that registration may write. */
  others?: readonly (keyof Selectable<DB[T]> & string)[]
  /** Columns to write the moment of an insert or of any write to. Default none. */
  timestamps?: {
    readonly createdAt?: PropertiesFor<Selectable<DB[T]>, Date | string>
    readonly updatedAt?: PropertiesFor<Selectable<DB[T]>, Date | string>
  }
  /** The column that holds a row's tenant; every query is then confined to the request's. */
  tenant?: PropertiesFor<Selectable<DB[T]>, string | number | bigint>
  /** What the tenant's column is, as `key` says it of the primary key. Default `text`. */
  tenantKey?: KeyKind
  /**
   * Which rows count as users, such as `(eb) => eb('deleted_at', 'is', null)`: the others cannot
   * log in, and their sessions and tokens end.
   */
  where?: (builder: ExpressionBuilder<DB, T>) => Expression<SqlBool>
  /** Where the password hashes are, if in another table. Default: in this one. */
  passwords?: KyselyPasswords<DB, T, P>
  /**
   * Makes the primary key of a new row, such as `() => ulid()`. Default: the table, the ORM or the
   * database does.
   */
  newKey?: () => string | number | bigint
  /** Default: read off the Kysely dialect; needed for one of your own. */
  dialect?: Dialect
}

const usersOptions: AdapterOptions<KyselyUsersOptions<Record<string, object>, string, unknown>> =
  declareOptions({
    columns: anObject("{ id: 'id', hashedPassword: 'pw_hash' }"),
    unique: texts([], 'email'),
    key: optional(oneOf(keyKinds, 'integer')),
    factors: anObject("{ phone: 'mobile' }"),
    others: texts([], 'display_name'),
    timestamps: anObject("{ createdAt: 'created_at' }"),
    tenant: condition(optional(text('', { wanted: 'the name of a column' }))),
    tenantKey: optional(oneOf(keyKinds, 'text')),
    where: condition(callback("(eb) => eb('deleted_at', 'is', null)")),
    passwords: passwordTableOption(
      {
        table: aTable("table: 'account'"),
        unique: texts([], 'user_id') as never,
        timestamps: anObject("{ updatedAt: 'updated_at' }") as never,
      },
      "{ table: 'account', user: 'user_id', hash: 'password', unique: ['user_id'] }",
    ),
    newKey: newKeyOption,
    dialect: optional(
      text('', { wanted: "the dialect, such as 'postgresql'" }),
      'that of the driver',
    ),
  }) as AdapterOptions<KyselyUsersOptions<Record<string, object>, string, unknown>>

/**
 * The user store over a Kysely table on PostgreSQL, MySQL or MariaDB, or SQLite. What is wrong with
 * the map is reported by `crudAuth()`, together with everything else.
 *
 * @example
 * ```ts
 * kyselyUsers(db, 'accounts', {
 *   columns: { id: 'account_id', email: 'mail', hashedPassword: 'pw_hash' },
 *   unique: ['mail'],
 * })
 * ```
 *
 * @throws ConfigurationError when the dialect cannot be told.
 */
export function kyselyUsers<
  DB,
  T extends keyof DB & string,
  const Columns extends ColumnMapOf<Selectable<DB[T]>>,
  P extends keyof DB & string = keyof DB & string,
>(
  db: Kysely<DB>,
  table: T,
  options: KyselyUsersOptions<DB, T, Columns, P>,
): UserStore<KyselyUserTypes<DB, T, Columns>> {
  requireKysely('kyselyUsers', db, table, options)
  const { tenant, factors = {}, timestamps = {} } = options
  const dialect = options.dialect ?? dialectOf(db)
  const columns = options.columns as Readonly<Record<string, unknown>>
  const others = [...(options.others ?? []), ...Object.values(timestamps)] as string[]
  const described = describeTable(
    {
      table,
      dialect,
      columns,
      factors,
      others,
      tenant: tenant as string | undefined,
      tenantKey: options.tenantKey ?? 'text',
      conditionOn: columnsOf(db as never, table, options.where as never),
      keys: { id: options.key ?? 'integer' },
      unique: options.unique,
    },
    userFields,
  )
  // Inside, the application's tables are any tables; their types return with the store.
  const anyDb = db as unknown as Kysely<AnyDatabase>
  const passwords =
    typeof options.passwords === 'object'
      ? openPasswords(
          anyDb,
          options.passwords as unknown as KyselyPasswordFacts,
          described,
          columns,
          options.key ?? 'integer',
        )
      : undefined
  const description = passwords?.users ?? described
  const store: UserStore = openTable(
    description,
    {
      adapter: 'kysely',
      misshapen: [
        ...usersOptions.read(options, 'kyselyUsers').problems,
        ...renamedProblems(db, [
          ...described.columns.keys(),
          ...(passwords?.joined.values() ?? []),
        ]),
        ...(passwords?.problems ?? []),
      ],
      columns: passwords?.columns ?? columns,
      factors,
      tenant: tenant as string | undefined,
      newKey: options.newKey,
    },
    userFields,
    (known) => {
      const statements = kyselyStatements(anyDb, {
        ...known,
        where: options.where as never,
        timestamps: timestamps as { createdAt?: string; updatedAt?: string },
        description,
        joined: passwords?.read,
      })
      return passwords?.statements(statements, known.id) ?? statements
    },
  )
  return store as unknown as UserStore<KyselyUserTypes<DB, T, Columns>>
}

/** The columns that a condition names, out of the statement that it makes. */
function columnsOf(
  db: Kysely<Record<string, Record<string, unknown>>>,
  table: string,
  where: ((builder: never) => Expression<SqlBool>) | undefined,
): readonly string[] {
  if (typeof where !== 'function') return []
  try {
    const { sql } = db
      .selectFrom(table)
      .select(db.fn.countAll().as('n'))
      .where(where as never)
      .compile()
    const condition = sql.slice(sql.indexOf(' where '))
    return [...condition.matchAll(/["`]([^"`]+)["`]/g)].map(([, name = '']) => name)
  } catch {
    // It is built anew for every statement, and fails there.
    return []
  }
}

/** A plugin that gives rows other names than the statements have, as `CamelCasePlugin` does. */
interface Renaming {
  readonly camelCase?: unknown
  readonly constructor: { readonly name: string }
}

/**
 * Columns under names that no row will have: every lookup would find a row without a password hash.
 */
function renamedProblems(
  db: { getExecutor(): { readonly plugins: readonly unknown[] } },
  columns: readonly string[],
): string[] {
  const plugin = (db.getExecutor().plugins as readonly Renaming[]).find(
    (one) => one.constructor.name === 'CamelCasePlugin' && typeof one.camelCase === 'function',
  )
  if (!plugin) return []
  const renamed = plugin as unknown as { camelCase(name: string): string }
  return columns.flatMap((column) => {
    const name = renamed.camelCase(column)
    return name === column
      ? []
      : [`'${column}' is called '${name}' by the CamelCasePlugin of this Kysely; write '${name}'`]
  })
}
