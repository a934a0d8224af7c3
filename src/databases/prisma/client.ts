/**
 * What a Prisma client is, as far as this adapter needs it: no generated file and no package of
 * Prisma is part of the public surface.
 */

/** The names of a client's models, as its properties: `user` of `prisma.user`. */
export type ModelName<Client> = {
  [Name in keyof Client & string]: Client[Name] extends AnyModel ? Name : never
}[keyof Client & string]

/** A model as Prisma describes it to extensions: everything is under a symbol. */
interface AnyModel {
  readonly [symbol: symbol]: { readonly types: ModelTypes }
}

interface ModelTypes {
  readonly payload: { readonly scalars: object }
  readonly operations: {
    readonly findUnique: { readonly args: { readonly where: object } }
    /** Optional where a row needs no value. */
    readonly create: { readonly args: { readonly data?: object } }
    readonly findMany: { readonly args: { readonly where?: object } }
  }
}

type TypesOf<Model> = Model extends { readonly [symbol: symbol]: { readonly types: infer Types } }
  ? Types extends ModelTypes
    ? Types
    : never
  : never

/** A row: the model's own columns, without its relations. */
export type RowOf<Model> = TypesOf<Model>['payload']['scalars']

/** What a new row may be given. */
export type InsertOf<Model> = NonNullable<TypesOf<Model>['operations']['create']['args']['data']>

/** A condition on rows. */
export type WhereOf<Model> = NonNullable<TypesOf<Model>['operations']['findMany']['args']['where']>

/** The columns that are unique by themselves: Prisma requires one of them to find one row. */
export type UniqueOf<Model> = RequiredKeys<
  TypesOf<Model>['operations']['findUnique']['args']['where']
> &
  keyof RowOf<Model> &
  string

/**
 * The fields that are unique together, in any order: those of one `@@unique`, or a `@unique` one
 * alone.
 */
export type UniqueTogetherOf<Model> = TogetherIn<
  TypesOf<Model>['operations']['findUnique']['args']['where'],
  RequiredKeys<TypesOf<Model>['operations']['findUnique']['args']['where']>,
  keyof RowOf<Model>
>

/** Of a key over several fields Prisma's condition has an object with all of them. */
type TogetherIn<Where, Key, Fields> = Key extends keyof Where
  ? Key extends Fields
    ? readonly [Key & string]
    : InAnyOrder<keyof NonNullable<Where[Key]> & Fields & string>
  : never

type InAnyOrder<Name extends string, One extends string = Name> = [Name] extends [never]
  ? readonly []
  : One extends unknown
    ? readonly [One, ...InAnyOrder<Exclude<Name, One>>]
    : never

/** Of each member of a union. */
type RequiredKeys<Where> = Where extends unknown
  ? {
      [Key in keyof Where]-?: Record<never, never> extends Pick<Where, Key> ? never : Key
    }[keyof Where]
  : never

/** What is handed to the work of an interactive transaction. */
export type TransactionOf<Client> = Client extends {
  $transaction(work: (transaction: infer Transaction) => Promise<unknown>): unknown
}
  ? Transaction
  : never

/** One model at run time. */
export interface Delegate {
  findMany(args: object): Promise<Record<string, unknown>[]>
  create(args: object): Promise<Record<string, unknown>>
  updateMany(args: object): Promise<{ readonly count: number }>
  deleteMany(args: object): Promise<{ readonly count: number }>
}

/** What is kept of the schema at run time: names and types, and nothing of what is unique. */
export interface RuntimeModel {
  readonly dbName?: string | null
  readonly schema?: string | null
  readonly fields: readonly {
    readonly name: string
    readonly kind: string
    readonly type: string
    readonly dbName?: string | null
  }[]
}

export interface RuntimeClient {
  readonly _runtimeDataModel?: { readonly models?: Readonly<Record<string, RuntimeModel>> }
  readonly _activeProvider?: string
  readonly _engineConfig?: { readonly adapter?: object | null }
  readonly $transaction: <Value>(
    work: (transaction: Readonly<Record<string, Delegate>>) => Promise<Value>,
  ) => Promise<Value>
}
