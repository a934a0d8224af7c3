/**
 * The columns of a new users table on SQLite, to spread into `sqliteTable()`.
 *
 * Names, types and nullability are the contract's (§16), so that an application in Python can use
 * the same table. As there, defaults are applied by the application, not by the database.
 */
import { randomInt } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { customType, integer, text } from 'drizzle-orm/sqlite-core'

export interface AuthUserColumnOptions {
  /** The fields that log in, each a unique column. Default `['email', 'username']`. */
  identifiers?: readonly string[]
  /**
   * The field that recovers the account, or `null`. Default `email`, which is a column even when
   * it does not log in; another field adds its `…Verified` flag.
   */
  recovery?: string | null
  /** Whether to have the columns for signing in with Google and GitHub. Default `true`. */
  oauth?: boolean
}

/**
 * A moment as SQLAlchemy writes it on SQLite, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC: rows of a Python
 * application read well here and the reverse, and texts sort as the moments do.
 */
const moment = customType<{ data: Date; driverData: string }>({
  dataType: () => 'datetime',
  toDriver: (date) => `${date.toISOString().slice(0, -1).replace('T', ' ')}000`,
  fromDriver(stored) {
    const text = stored.replace(' ', 'T')
    return new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
  },
})

const always = () => ({
  id: integer('id').primaryKey({ autoIncrement: true }),
  hashedPassword: text('hashed_password', { length: 255 }).notNull(),
  isActive: integer('is_active', { mode: 'boolean' })
    .notNull()
    .$defaultFn(() => true),
  isSuperuser: integer('is_superuser', { mode: 'boolean' })
    .notNull()
    .$defaultFn(() => false),
  emailVerified: integer('email_verified', { mode: 'boolean' })
    .notNull()
    .$defaultFn(() => false),
  // Random, not 0: a primary key that is used again must not revive old credentials.
  tokenVersion: integer('token_version')
    .notNull()
    .$defaultFn(() => randomInt(0x80000000)),
  createdAt: moment('created_at')
    .notNull()
    .$defaultFn(() => new Date()),
  // Without a default of its own Drizzle would touch a new row too; the contract leaves it empty.
  updatedAt: moment('updated_at')
    .$defaultFn(() => sql`null`)
    .$onUpdateFn(() => new Date()),
})

const identifierEmail = () => ({ email: text('email', { length: 320 }).notNull().unique() })
const recoveryEmail = () => ({ email: text('email', { length: 320 }).unique() })
const username = () => ({ username: text('username', { length: 64 }).notNull().unique() })
const identifier = (name: string) => text(snakeCase(name), { length: 255 }).notNull().unique()
const verifiedFlag = (name: string) =>
  integer(`${snakeCase(name)}_verified`, { mode: 'boolean' })
    .notNull()
    .$defaultFn(() => false)

const oauth = () => ({
  oauthProvider: text('oauth_provider', { length: 32 }),
  googleId: text('google_id', { length: 64 }).unique(),
  githubId: text('github_id', { length: 64 }).unique(),
  oauthCreatedAt: moment('oauth_created_at'),
  oauthUpdatedAt: moment('oauth_updated_at'),
})

type Identifiers<O> = O extends { identifiers: readonly (infer Name extends string)[] }
  ? Name
  : 'email' | 'username'
type Recovery<O> = O extends { recovery: infer Field } ? Field : 'email'

type EmailColumn<O> =
  'email' extends Identifiers<O>
    ? ReturnType<typeof identifierEmail>
    : Recovery<O> extends 'email'
      ? ReturnType<typeof recoveryEmail>
      : unknown

/** What `authUserColumns()` returns for these options. */
export type AuthUserColumns<O extends AuthUserColumnOptions> = ReturnType<typeof always> &
  EmailColumn<O> &
  ('username' extends Identifiers<O> ? ReturnType<typeof username> : unknown) & {
    [Name in Exclude<Identifiers<O>, 'email' | 'username'>]: ReturnType<typeof identifier>
  } & {
    [Name in Exclude<Recovery<O>, 'email' | null> & string as `${Name}Verified`]: ReturnType<
      typeof verifiedFlag
    >
  } & (O extends { oauth: false } ? unknown : ReturnType<typeof oauth>)

/**
 * @example
 * ```ts
 * export const users = sqliteTable('users', {
 *   ...authUserColumns(),
 *   displayName: text('display_name').notNull().default(''),
 * })
 * ```
 */
export function authUserColumns<const O extends AuthUserColumnOptions = Record<never, never>>(
  options?: O,
): AuthUserColumns<O> {
  const { identifiers = ['email', 'username'], recovery = 'email' } = options ?? {}
  const others = identifiers.filter((name) => name !== 'email' && name !== 'username')
  const columns = {
    ...always(),
    ...(identifiers.includes('email')
      ? identifierEmail()
      : recovery === 'email'
        ? recoveryEmail()
        : {}),
    ...(identifiers.includes('username') ? username() : {}),
    ...Object.fromEntries(others.map((name) => [name, identifier(name)])),
    ...(recovery === null || recovery === 'email'
      ? {}
      : { [`${recovery}Verified`]: verifiedFlag(recovery) }),
    ...(options?.oauth === false ? {} : oauth()),
  }
  return columns as unknown as AuthUserColumns<O>
}

const apiKey = () => ({
  id: text('id').primaryKey(),
  // Text, so that it takes any primary key; declare a column of your own for a foreign key.
  userId: text('user_id').notNull(),
  name: text('name'),
  prefix: text('prefix').notNull(),
  hashedKey: text('hashed_key', { length: 43 }).notNull().unique(),
  scopes: text('scopes').notNull(),
  epoch: integer('epoch'),
  createdAt: moment('created_at').notNull(),
  expiresAt: moment('expires_at'),
  lastUsedAt: moment('last_used_at'),
  revokedAt: moment('revoked_at'),
})

/** What `authApiKeyColumns()` returns. */
export type AuthApiKeyColumns = ReturnType<typeof apiKey>

/**
 * The columns of a table of API keys.
 *
 * @example
 * ```ts
 * export const apiKeys = sqliteTable('api_keys', authApiKeyColumns())
 * ```
 */
export function authApiKeyColumns(): AuthApiKeyColumns {
  return apiKey()
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
