/** What the samples in the documentation import: a database and a table with names of its own. */
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const accounts = sqliteTable('accounts', {
  accountId: integer('account_id').primaryKey(),
  email: text().notNull().unique(),
  emailVerified: integer('email_verified', { mode: 'boolean' }).notNull(),
  pwHash: text('pw_hash').notNull(),
  plan: text({ enum: ['free', 'paid'] })
    .notNull()
    .default('free'),
})

export const db = drizzle(new Database(':memory:'))
