import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const db = drizzle(new Database('legacy.sqlite'))

export const legacy = sqliteTable('legacy', {
  id: integer().primaryKey(),
  email: text().notNull(),
  emailLower: text('email_lower').notNull().unique(),
  password: text().notNull(),
  isBanned: integer('is_banned', { mode: 'boolean' }),
  admin: text({ enum: ['Y', 'N'] }).notNull(),
  confirmedAt: integer('confirmed_at', { mode: 'timestamp' }),
})
