import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'

export const db = drizzle(new Database('people.db'))

export const person = sqliteTable('person', {
  id: text().primaryKey(),
  email: text().notNull().unique(),
  tokenVersion: integer('token_version').notNull().default(0),
})

export const account = sqliteTable(
  'account',
  {
    id: text().primaryKey(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => person.id, { onDelete: 'cascade' }),
    password: text(),
  },
  (table) => [unique().on(table.userId, table.providerId)],
)
