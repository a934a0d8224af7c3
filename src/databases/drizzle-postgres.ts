/**
 * The columns of new tables on PostgreSQL, to spread into `pgTable()`.
 */
import { bigint, boolean, integer, serial, text, timestamp, varchar } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm/sql'
import { apiKeyTable } from '../features/api-keys/store.ts'
import { identityRowTable } from '../users/identity-table.ts'
import { firstEpoch, type UserColumns, userColumns } from './drizzle/columns.ts'
import { type RowColumns, rowColumns } from './drizzle/row-columns.ts'
import type { AuthUserColumnOptions } from './table/user-columns.ts'

export type { AuthUserColumnOptions } from './table/user-columns.ts'

const moment = (column: string) => timestamp(column, { withTimezone: true })

const flag = (column: string, initially: boolean) =>
  boolean(column)
    .notNull()
    .$defaultFn(() => initially)

const parts = {
  always: () => ({
    id: serial('id').primaryKey(),
    hashedPassword: varchar('hashed_password', { length: 255 }).notNull(),
    isActive: flag('is_active', true),
    isSuperuser: flag('is_superuser', false),
    emailVerified: flag('email_verified', false),
    tokenVersion: integer('token_version').notNull().$defaultFn(firstEpoch),
    createdAt: moment('created_at')
      .notNull()
      .$defaultFn(() => new Date()),
    // `updated_at` is empty until the first update. Without a default Drizzle would fill it on
    // insert.
    updatedAt: moment('updated_at')
      .$defaultFn(() => sql`null`)
      .$onUpdateFn(() => new Date()),
  }),
  identifierEmail: () => ({ email: varchar('email', { length: 320 }).notNull().unique() }),
  recoveryEmail: () => ({ email: varchar('email', { length: 320 }).unique() }),
  username: () => ({ username: varchar('username', { length: 64 }).notNull().unique() }),
  identifier: (column: string) => varchar(column, { length: 255 }).notNull().unique(),
  verifiedFlag: (column: string) => flag(column, false),
  oauth: () => ({
    oauthProvider: varchar('oauth_provider', { length: 32 }),
    googleId: varchar('google_id', { length: 64 }).unique(),
    githubId: varchar('github_id', { length: 64 }).unique(),
    oauthCreatedAt: moment('oauth_created_at'),
    oauthUpdatedAt: moment('oauth_updated_at'),
  }),
}

/** What `authUserColumns()` returns for these options. */
export type AuthUserColumns<O extends AuthUserColumnOptions> = UserColumns<typeof parts, O>

/**
 * The columns of a new users table.
 *
 * @example
 * ```ts
 * export const users = pgTable('users', {
 *   ...authUserColumns(),
 *   displayName: text('display_name').notNull().default(''),
 * })
 * ```
 */
export function authUserColumns<const O extends AuthUserColumnOptions = Record<never, never>>(
  options?: O,
): AuthUserColumns<O> {
  return userColumns(parts, options ?? ({} as O))
}

const rowParts = {
  date: moment,
  whole: (column: string) => integer(column),
  text: (column: string) => text(column),
  short: (column: string, length: number) => varchar(column, { length }),
}

/** What `authApiKeyColumns()` returns. */
export type AuthApiKeyColumns = RowColumns<typeof rowParts, typeof apiKeyTable>

/**
 * The columns of a table of API keys.
 *
 * @example
 * ```ts
 * export const apiKeys = pgTable('api_keys', authApiKeyColumns())
 * ```
 */
export function authApiKeyColumns(): AuthApiKeyColumns {
  return rowColumns(rowParts, apiKeyTable)
}

const storage = () => ({
  id: varchar('id', { length: 64 }).primaryKey(),
  value: text('value').notNull(),
  version: bigint('version', { mode: 'number' }).notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
})

/** What `authStorageColumns()` returns. */
export type AuthStorageColumns = ReturnType<typeof storage>

/**
 * The columns of a table for `drizzleStorage`. Give it an index on `expiresAt`, by which expired
 * rows are found. An `unlogged` table is faster, and is emptied when the server crashes.
 *
 * @example
 * ```ts
 * export const authStorage = pgTable('auth_storage', authStorageColumns(), (table) => [
 *   index('auth_storage_expires_at').on(table.expiresAt),
 * ])
 * ```
 */
export function authStorageColumns(): AuthStorageColumns {
  return storage()
}

/** What `authIdentityColumns()` returns. */
export type AuthIdentityColumns = RowColumns<typeof rowParts, typeof identityRowTable>

/**
 * The columns of a table of identities at providers. End its rows with their user, by a foreign key
 * with `onDelete: 'cascade'`.
 *
 * @example
 * ```ts
 * export const identities = pgTable('identities', authIdentityColumns())
 * ```
 */
export function authIdentityColumns(): AuthIdentityColumns {
  return rowColumns(rowParts, identityRowTable)
}
