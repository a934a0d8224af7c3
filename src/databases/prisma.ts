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
  WhereOf,
} from './prisma/client.ts'
import { describeModel } from './prisma/describe.ts'
import { prismaStatements } from './prisma/statements.ts'
import {
  type AdapterOptions,
  type NewKey,
  newKeyOption,
  type OpenTable,
  openTable,
} from './table/open.ts'
import type {
  ColumnMapOf,
  FactorMapOf,
  IdentityField,
  PropertiesFor,
  PropertyOf,
  RowColumnsOf,
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
 * The options of `prismaUsers()`: what is unique, and how the model differs from the logical
 * fields.
 */
export interface PrismaUsersOptions<Model, Columns> {
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
>(
  client: Client,
  model: Model,
  options: PrismaUsersOptions<Client[Model], Columns>,
): UserStore<PrismaUserTypes<Client, Model, Columns>> {
  const misshapen = usersOptions.read(options, 'prismaUsers').problems
  const store: UserStore = openModel(client, model, { ...options, misshapen }, userFields)
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
  const described = describeModel(client, { model, id, unique })
  const description = {
    ...described,
    conditionOn: [...described.columns.keys()].filter((name) => names(where?.(), name)),
  }
  return openTable(
    description,
    {
      adapter: 'prisma',
      misshapen: options.misshapen ?? [],
      columns,
      factors: (options.factors ?? {}) as ColumnMap,
      tenant,
      newKey: options.newKey,
    },
    fields,
    (known) => prismaStatements(client, { ...known, model, where, description }),
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
