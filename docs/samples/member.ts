import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const db = drizzle(new Database('members.db'))

export const member = sqliteTable('member', {
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  digest: text(),
  salt: text(),
  rounds: integer(),
})
