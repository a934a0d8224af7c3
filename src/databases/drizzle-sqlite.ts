/**
 * The columns of new tables on SQLite, to spread into `sqliteTable()`.
 */

import { sql } from 'drizzle-orm/sql'
import { customType, integer, text } from 'drizzle-orm/sqlite-core'
import { apiKeyTable } from '../features/api-keys/store.ts'
import { identityRowTable } from '../users/identity-table.ts'
import { firstEpoch, type UserColumns, userColumns } from './drizzle/columns.ts'
import { type RowColumns, rowColumns } from './drizzle/row-columns.ts'
import type { AuthUserColumnOptions } from './table/user-columns.ts'

export type { AuthUserColumnOptions } from './table/user-columns.ts'

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

const flag = (column: string, initially: boolean) =>
  integer(column, { mode: 'boolean' })
    .notNull()
    .$defaultFn(() => initially)

const parts = {
  always: () => ({
    id: integer('id').primaryKey({ autoIncrement: true }),
    hashedPassword: text('hashed_password', { length: 255 }).notNull(),
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
  identifierEmail: () => ({ email: text('email', { length: 320 }).notNull().unique() }),
  recoveryEmail: () => ({ email: text('email', { length: 320 }).unique() }),
  username: () => ({ username: text('username', { length: 64 }).notNull().unique() }),
  identifier: (column: string) => text(column, { length: 255 }).notNull().unique(),
  verifiedFlag: (column: string) => flag(column, false),
  oauth: () => ({
    oauthProvider: text('oauth_provider', { length: 32 }),
    googleId: text('google_id', { length: 64 }).unique(),
    githubId: text('github_id', { length: 64 }).unique(),
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
 * export const users = sqliteTable('users', {
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
  short: (column: string, length: number) => text(column, { length }),
}

/** What `authApiKeyColumns()` returns. */
export type AuthApiKeyColumns = RowColumns<typeof rowParts, typeof apiKeyTable>

/**
 * The columns of a table of API keys.
 *
 * @example
 * ```ts
 * export const apiKeys = sqliteTable('api_keys', authApiKeyColumns())
 * ```
 */
export function authApiKeyColumns(): AuthApiKeyColumns {
  return rowColumns(rowParts, apiKeyTable)
}

const storage = () => ({
  id: text('id', { length: 64 }).primaryKey(),
  value: text('value').notNull(),
  version: integer('version').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

/** What `authStorageColumns()` returns. */
export type AuthStorageColumns = ReturnType<typeof storage>

/**
 * The columns of a table for `drizzleStorage`. Give it an index on `expiresAt`, by which expired
 * rows are found.
 *
 * @example
 * ```ts
 * export const authStorage = sqliteTable('auth_storage', authStorageColumns(), (table) => [
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
 * export const identities = sqliteTable('identities', authIdentityColumns())
 * ```
 */
export function authIdentityColumns(): AuthIdentityColumns {
  return rowColumns(rowParts, identityRowTable)
}
