/**
 * A new users table for Kysely: its columns for the schema builder, and the options that describe
 * it to `kyselyUsers`.
 *
 * Names, types and nullability are those of crudauth for Python, so that an application there can
 * use the same table.
 */
import { type CreateTableBuilder, type RawBuilder, sql } from 'kysely'
import { type ColumnCodec, flag } from '../../users/codec.ts'
import type { Dialect } from '../table/description.ts'
import {
  type AuthUserColumnOptions,
  type Identifiers,
  type Recovery,
  type SnakeCase,
  snakeCase,
} from '../table/user-columns.ts'

/** PostgreSQL has booleans; elsewhere a flag is 1 or 0. */
type FlagColumn<D extends Dialect, Column extends string> = D extends 'postgresql'
  ? Column
  : { readonly property: Column; readonly codec: ColumnCodec<boolean, 0 | 1> }

interface StandardColumns<D extends Dialect> {
  readonly id: 'id'
  readonly email: 'email'
  readonly username: 'username'
  readonly hashedPassword: 'hashed_password'
  readonly isActive: FlagColumn<D, 'is_active'>
  readonly isSuperuser: FlagColumn<D, 'is_superuser'>
  readonly emailVerified: FlagColumn<D, 'email_verified'>
  readonly tokenVersion: 'token_version'
  readonly oauthProvider: 'oauth_provider'
  readonly googleId: 'google_id'
  readonly githubId: 'github_id'
}

type Wanted<O> =
  | Exclude<keyof StandardColumns<Dialect>, 'email' | 'username' | OauthField>
  | ('email' extends Identifiers<O> | Recovery<O> ? 'email' : never)
  | ('username' extends Identifiers<O> ? 'username' : never)
  | (O extends { oauth: false } ? never : OauthField)

type OauthField = 'oauthProvider' | 'googleId' | 'githubId'

/** The options of `kyselyUsers` for a table with the columns of `addAuthUserColumns`. */
export interface AuthUserColumns<D extends Dialect, O> {
  readonly columns: Pick<StandardColumns<D>, Wanted<O>>
  readonly unique: (
    | SnakeCase<Identifiers<O>>
    | ('email' extends Identifiers<O> | Recovery<O> ? 'email' : never)
    | (O extends { oauth: false } ? never : 'google_id' | 'github_id')
  )[]
  readonly factors: {
    readonly [Name in Exclude<Identifiers<O>, 'email' | 'username'>]: SnakeCase<Name>
  } & {
    readonly [Name in Exclude<Recovery<O>, 'email' | null> &
      string as `${Name}Verified`]: FlagColumn<D, `${SnakeCase<Name>}_verified`>
  }
  readonly timestamps: { readonly createdAt: 'created_at'; readonly updatedAt: 'updated_at' }
}

/**
 * The options of `kyselyUsers` for a table that `addAuthUserColumns` made.
 *
 * @example
 * ```ts
 * kyselyUsers(db, 'users', authUserColumns('postgresql'))
 * ```
 */
export function authUserColumns<
  D extends Dialect,
  const O extends AuthUserColumnOptions = Record<never, never>,
>(dialect: D, options?: O): AuthUserColumns<D, O> {
  const wanted = wantedColumns(options ?? {})
  const spelled = (column: string) =>
    dialect === 'postgresql' ? column : { property: column, codec: flag(1, 0) }
  const result = {
    columns: {
      id: 'id',
      hashedPassword: 'hashed_password',
      ...(wanted.email === null ? {} : { email: 'email' }),
      ...(wanted.username ? { username: 'username' } : {}),
      isActive: spelled('is_active'),
      isSuperuser: spelled('is_superuser'),
      emailVerified: spelled('email_verified'),
      tokenVersion: 'token_version',
      ...(wanted.oauth
        ? { oauthProvider: 'oauth_provider', googleId: 'google_id', githubId: 'github_id' }
        : {}),
    },
    unique: [
      ...(wanted.email === null ? [] : ['email']),
      ...(wanted.username ? ['username'] : []),
      ...wanted.others.map(({ column }) => column),
      ...(wanted.oauth ? ['google_id', 'github_id'] : []),
    ],
    factors: {
      ...Object.fromEntries(wanted.others.map(({ name, column }) => [name, column])),
      ...(wanted.factor === null
        ? {}
        : { [`${wanted.factor.name}Verified`]: spelled(`${wanted.factor.column}_verified`) }),
    },
    timestamps: { createdAt: 'created_at', updatedAt: 'updated_at' },
  }
  return result as unknown as AuthUserColumns<D, O>
}

/**
 * Adds the columns to a table that is being made.
 *
 * @example
 * ```ts
 * await db.schema
 *   .createTable('users')
 *   .$call((table) => addAuthUserColumns(table, 'postgresql'))
 *   .addColumn('display_name', 'text')
 *   .execute()
 * ```
 */
export function addAuthUserColumns<T extends string>(
  table: CreateTableBuilder<T, never>,
  dialect: Dialect,
  options: AuthUserColumnOptions = {},
): CreateTableBuilder<T, string> {
  const wanted = wantedColumns(options)
  const { key, flag: flagType, moment } = types[dialect]
  const columns: [name: string, type: RawBuilder<unknown>][] = [['id', key]]
  const text = (name: string, length: number, constraint: string) =>
    columns.push([name, sql.raw(`varchar(${length}) ${constraint}`)])
  const flagColumn = (name: string) => columns.push([name, sql.raw(`${flagType} not null`)])

  if (wanted.email !== null) {
    text('email', 320, wanted.email === 'required' ? 'not null unique' : 'unique')
  }
  if (wanted.username) text('username', 64, 'not null unique')
  for (const { column } of wanted.others) text(column, 255, 'not null unique')
  text('hashed_password', 255, 'not null')
  flagColumn('is_active')
  flagColumn('is_superuser')
  flagColumn('email_verified')
  if (wanted.factor !== null) flagColumn(`${wanted.factor.column}_verified`)
  columns.push(['token_version', sql.raw('integer not null')])
  if (wanted.oauth) {
    text('oauth_provider', 32, '')
    text('google_id', 64, 'unique')
    text('github_id', 64, 'unique')
    columns.push(['oauth_created_at', sql.raw(moment)], ['oauth_updated_at', sql.raw(moment)])
  }
  columns.push(['created_at', sql.raw(`${moment} not null`)], ['updated_at', sql.raw(moment)])
  return columns.reduce(
    (made, [name, type]) => made.addColumn(name, type as RawBuilder<string>),
    table as CreateTableBuilder<T, string>,
  )
}

const types = {
  postgresql: {
    key: sql.raw('serial primary key'),
    flag: 'boolean',
    moment: 'timestamp with time zone',
  },
  mysql: { key: sql.raw('int auto_increment primary key'), flag: 'boolean', moment: 'datetime(3)' },
  sqlite: {
    key: sql.raw('integer primary key autoincrement'),
    flag: 'boolean',
    moment: 'datetime',
  },
} as const

function wantedColumns(options: AuthUserColumnOptions) {
  const { identifiers = ['email', 'username'], recovery = 'email', oauth = true } = options
  return {
    email: identifiers.includes('email')
      ? ('required' as const)
      : recovery === 'email'
        ? ('optional' as const)
        : null,
    username: identifiers.includes('username'),
    others: identifiers.filter((name) => name !== 'email' && name !== 'username').map(named),
    factor: recovery === null || recovery === 'email' ? null : named(recovery),
    oauth,
  }
}

const named = (name: string) => ({ name, column: snakeCase(name) })
