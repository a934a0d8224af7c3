/**
 * Prisma: the application's model, as it is, for the core.
 *
 * Types are read off the generated client, structurally; names and types of columns are read off it
 * at run time. What is unique only the types know, so that it is said in the options, where the
 * compiler checks it.
 */
import {
  type ApiKeyField,
  type ApiKeyStore,
  type ApiKeyTypes,
  apiKeyTable,
} from '../features/api-keys/store.ts'
import { declareOptions } from '../options/declare.ts'
import { anObject, condition, optional, own, text, texts } from '../options/option.ts'
import { mappedFields, type RowStore, type RowTable, uniqueFields } from '../rows/row-store.ts'
import { type ColumnMap, type MappedFields, userFields } from '../users/column-map.ts'
import {
  type IdentityRowField,
  type IdentityRowStore,
  type IdentityRowTypes,
  identityRowTable,
} from '../users/identity-table.ts'
import type { LogicalField, UserStore, UserTypes } from '../users/store.ts'
import type {
  InsertOf,
  ModelName,
  RowOf,
  RuntimeClient,
  TransactionOf,
  UniqueOf,
  UniqueTogetherOf,
  WhereOf,
} from './prisma/client.ts'
import { describeModel } from './prisma/describe.ts'
import { openPasswords, type PrismaPasswordFacts } from './prisma/passwords.ts'
import { prismaStatements } from './prisma/statements.ts'
import {
  type AdapterOptions,
  type NewKey,
  newKeyOption,
  type OpenTable,
  openTable,
} from './table/open.ts'
import { aTable, passwordTableOption } from './table/password-options.ts'
import type {
  ColumnMapOf,
  FactorMapOf,
  IdentityField,
  PropertiesFor,
  PropertyOf,
  RowColumnsOf,
  SplitHashColumn,
} from './table/types.ts'

export { DatabaseError } from './table/errors.ts'

/** The types of a model under this map. */
export interface PrismaUserTypes<Client, Model extends keyof Client, Columns> extends UserTypes {
  row: RowOf<Client[Model]>
  user: Omit<RowOf<Client[Model]>, PropertyOf<Columns, 'hashedPassword'>>
  id: Extract<
    RowOf<Client[Model]>[PropertyOf<Columns, 'id'> & keyof RowOf<Client[Model]>],
    string | number | bigint
  >
  insert: InsertOf<Client[Model]>
  columns: Columns
  transaction: TransactionOf<Client>
  during: void | Promise<void>
}

/**
 * Password hashes in a second model: a row for each user, or one of several credentials, told by a
 * kind.
 */
export interface PrismaPasswords<Client, Model, P extends keyof Client> {
  /** The client's property of the second model: `'account'` of `prisma.account`. */
  model: P
  /** Its field that has the key of the user. */
  user: PropertiesFor<RowOf<Client[P]>, string | number | bigint>
  /** Its field of the hash, or a hash in several fields. */
  hash: PropertiesFor<RowOf<Client[P]>, string> | SplitHashColumn<RowOf<Client[P]>>
  /**
   * What its rows of passwords have and other credentials have not, such as
   * `{ providerId: 'credential' }`. Others are neither read nor written. Default: every row is a
   * password.
   */
  only?: Partial<RowOf<Client[P]>>
  /**
   * The fields that are unique together, so that nobody has two passwords: that of the user, and
   * those that `only` names. What the schema does not mark as `@unique` or `@@unique` does not
   * compile; of a partial index, which no schema shows, write `['userId'] as never`.
   */
  unique: UniqueTogetherOf<Client[P]>
  /**
   * What a new row has besides, such as `(user) => ({ id: randomUUID(), accountId: user.id })`: its
   * fields, and no relation. Default: nothing.
   */
  insert?: (user: RowOf<Model>) => Partial<RowOf<Client[P]>>
}

/**
 * The options of `prismaUsers()`: what is unique, and how the model differs from the logical
 * fields.
 */
export interface PrismaUsersOptions<
  Model,
  Columns,
  Client = unknown,
  P extends keyof Client = keyof Client,
> {
  /** Where the model's names, or the spelling of its flags, differ from the logical fields. */
  columns?: Columns &
    ColumnMapOf<RowOf<Model>> & {
      readonly [Unknown in Exclude<keyof Columns, LogicalField | IdentityField>]: never
    }
  /**
   * The fields that are unique by themselves (or together with the tenant): those that log in and
   * recover must be among them. What the schema does not mark as `@unique` does not compile.
   */
  unique: readonly UniqueOf<Model>[]
  /** Further fields of the identity, such as `{ phone: 'mobile', phoneVerified: 'mobileOk' }`. */
  factors?: FactorMapOf<RowOf<Model>>
  /** The field that holds a row's tenant; every query is then confined to the request's. */
  tenant?: PropertiesFor<RowOf<Model>, string | number | bigint>
  /**
   * Which rows count as users, such as `{ deletedAt: null }`: the others cannot log in, and their
   * sessions and tokens end. A function is called for each statement: Prisma has no word for the
   * current moment.
   */
  where?: WhereOf<Model> | (() => WhereOf<Model>)
  /** Where the password hashes are, if in another model. Default: in this one. */
  passwords?: PrismaPasswords<Client, Model, P>
  /**
   * Makes the primary key of a new row, such as `() => ulid()`. Default: the table, the ORM or the
   * database does.
   */
  newKey?: () => string | number | bigint
}

const usersOptions: AdapterOptions<PrismaUsersOptions<unknown, unknown>> = declareOptions({
  columns: anObject("{ hashedPassword: 'pwHash' }"),
  unique: texts([], 'email'),
  factors: anObject("{ phone: 'mobile' }"),
  tenant: condition(optional(text('', { wanted: 'the name of a field' }))),
  where: condition(
    own<unknown>({
      fallback: undefined,
      problems: (given, path) =>
        typeof given === 'function' || (typeof given === 'object' && given !== null)
          ? []
          : [
              `${path} must be an object, such as { deletedAt: null }, or a function that returns one`,
            ],
    }),
  ),
  passwords: passwordTableOption(
    { model: aTable("model: 'account'"), unique: texts([], 'userId') as never },
    "{ model: 'account', user: 'userId', hash: 'password', unique: ['userId'] }",
  ),
  newKey: newKeyOption,
}) as AdapterOptions<PrismaUsersOptions<unknown, unknown>>

/**
 * The user store over a Prisma model, on PostgreSQL, MySQL or SQLite. What is wrong with the map is
 * reported by `crudAuth()`, together with everything else.
 *
 * @param model The client's property: `'user'` of `prisma.user`.
 *
 * @example
 * ```ts
 * prismaUsers(prisma, 'user', { unique: ['email'], columns: { hashedPassword: 'pwHash' } })
 * ```
 *
 * @throws ConfigurationError for a client or a model that cannot be read.
 */
export function prismaUsers<
  Client,
  Model extends ModelName<Client>,
  const Columns extends ColumnMapOf<RowOf<Client[Model]>> = Record<never, never>,
  P extends ModelName<Client> = ModelName<Client>,
>(
  client: Client,
  model: Model,
  options: PrismaUsersOptions<Client[Model], Columns, Client, P>,
): UserStore<PrismaUserTypes<Client, Model, Columns>> {
  const misshapen = usersOptions.read(options, 'prismaUsers').problems
  const passwords = options.passwords as PrismaPasswordFacts | undefined
  const store: UserStore = openModel(
    client,
    model,
    { ...options, passwords, misshapen },
    userFields,
  )
  return store as unknown as UserStore<PrismaUserTypes<Client, Model, Columns>>
}

/** The options of `prismaApiKeys()`. */
export interface PrismaApiKeysOptions<Model> {
  /** Where the model's names differ from the logical fields. */
  columns?: RowColumnsOf<RowOf<Model>, ApiKeyTypes>
  /** The field that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<RowOf<Model>, string | number | bigint>
}

/**
 * The store of API keys over a Prisma model, with the fields of `ApiKeyTypes` and `hashedKey`
 * unique.
 *
 * @example
 * ```ts
 * apiKeys({ keys: prismaApiKeys(prisma, 'apiKey') })
 * ```
 *
 * @throws ConfigurationError for a client or a model that cannot be read.
 */
export function prismaApiKeys<Client, Model extends ModelName<Client>>(
  client: Client,
  model: Model,
  options: PrismaApiKeysOptions<Client[Model]> = {},
): ApiKeyStore {
  return prismaRows<ApiKeyField>(client, model, apiKeyTable, options)
}

/** The options of `prismaIdentities()`. */
export interface PrismaIdentitiesOptions<Model> {
  /** Where the model's names differ from the logical fields. */
  columns?: RowColumnsOf<RowOf<Model>, IdentityRowTypes>
  /** The field that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<RowOf<Model>, string | number | bigint>
}

/**
 * The store of identities at providers over a Prisma model, with the fields of `IdentityRowTypes`,
 * and `identityKey` and `accountKey` unique, each by itself.
 *
 * @example
 * ```ts
 * prismaIdentities(prisma, 'identity')
 * ```
 *
 * @throws ConfigurationError for a client or a model that cannot be read.
 */
export function prismaIdentities<Client, Model extends ModelName<Client>>(
  client: Client,
  model: Model,
  options: PrismaIdentitiesOptions<Client[Model]> = {},
): IdentityRowStore {
  return prismaRows<IdentityRowField>(client, model, identityRowTable, options)
}

/** The store of one kind of row over a Prisma model. */
function prismaRows<Field extends string>(
  client: unknown,
  model: string,
  kind: RowTable<Field>,
  options: {
    readonly columns?: Readonly<Partial<Record<Field, string>>>
    readonly tenant?: string
  },
): RowStore<Field | 'id'> {
  const { columns } = options
  const unique = uniqueFields(kind).map((field) => columns?.[field] ?? field)
  return openModel<Field>(
    client,
    model,
    { ...options, unique },
    mappedFields(kind) as MappedFields<Field | 'id'>,
  )
}

interface ModelOptions {
  readonly misshapen?: readonly string[]
  readonly columns?: object
  readonly unique: readonly string[]
  readonly factors?: object
  readonly tenant?: string
  readonly where?: object | (() => object)
  readonly newKey?: NewKey
  readonly passwords?: PrismaPasswordFacts | undefined
}

function openModel<Field extends string>(
  given: unknown,
  model: string,
  options: ModelOptions,
  fields: MappedFields<Field | 'id'>,
): OpenTable<Field | 'id'> {
  // The one place where what Prisma made is taken for what it is: structure is all that was asked.
  const client = given as RuntimeClient
  const { unique, tenant } = options
  const where = conditionOf(options.where)
  const columns = (options.columns ?? {}) as ColumnMap
  const id = typeof columns['id'] === 'string' ? columns['id'] : 'id'
  const found = describeModel(client, { model, id, unique })
  const described = {
    ...found,
    conditionOn: [...found.columns.keys()].filter((name) => names(where?.(), name)),
  }
  const { model: second } = Object(options.passwords) as { readonly model?: unknown }
  const isTold = typeof second === 'string' && second !== ''
  const passwords =
    isTold && options.passwords
      ? openPasswords(client, options.passwords, described, columns)
      : undefined
  const description = passwords?.users ?? described
  return openTable(
    description,
    {
      adapter: 'prisma',
      misshapen: [...(options.misshapen ?? []), ...(passwords?.problems ?? [])],
      columns: passwords?.columns ?? columns,
      factors: (options.factors ?? {}) as ColumnMap,
      tenant,
      newKey: options.newKey,
    },
    fields,
    (known) => {
      // What logs in, and is written at registration.
      const lockedBy = unique.find((field) => field !== known.id) ?? known.id
      const more = { model, where, description, lockedBy, joined: passwords?.read }
      const statements = prismaStatements(client, { ...known, ...more })
      return passwords?.statements(statements, known.id) ?? statements
    },
  )
}

/** A condition, as it is at the moment. */
function conditionOf(where: ModelOptions['where']): (() => object) | undefined {
  return where === undefined || typeof where === 'function'
    ? (where as (() => object) | undefined)
    : () => where
}

/** Whether a condition looks at a field. */
function names(where: unknown, field: string): boolean {
  if (typeof where !== 'object' || where === null) return false
  return Object.entries(where).some(([name, value]) => name === field || names(value, field))
}
