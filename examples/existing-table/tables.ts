/**
 * The old application's table as it is, described for Drizzle, and the one that the sessions are
 * in.
 */
import { authStorageColumns } from 'crudauth/drizzle/postgres'
import { isNull, sql } from 'drizzle-orm'
import {
  bigint,
  char,
  index,
  integer,
  pgSchema,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core'

const quayside = pgSchema('quayside')

export const members = quayside.table(
  'members',
  {
    memberId: bigint('member_id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    login: varchar({ length: 40 }).notNull(),
    mail: varchar({ length: 120 }).notNull(),
    passwd: varchar({ length: 255 }).notNull(),
    fullName: varchar('full_name', { length: 80 }).notNull(),
    berth: varchar({ length: 8 }),
    isAdmin: smallint('is_admin').notNull().default(0),
    banned: char({ length: 1, enum: ['Y', 'N'] })
      .notNull()
      .default('N'),
    banReason: text('ban_reason'),
    confirmedAt: timestamp('confirmed_at'),
    /** Seconds since 1970. */
    joined: integer().notNull(),
    deletedAt: timestamp('deleted_at'),
    tokenVersion: integer('token_version')
      .notNull()
      .default(sql`cast(floor(random() * 2147483648) as integer)`),
  },
  (table) => [
    uniqueIndex('members_login_key').on(table.login),
    uniqueIndex('members_mail_key').on(sql`lower(${table.mail})`),
  ],
)

/** Rows of former members stay, marked. */
export const isMember = isNull(members.deletedAt)

export const authStorage = quayside.table('auth_storage', authStorageColumns(), (table) => [
  index('auth_storage_expires_at').on(table.expiresAt),
])
