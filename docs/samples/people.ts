import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const db = drizzle(new Database('people.sqlite'))

export const people = sqliteTable('people', {
  id: integer().primaryKey(),
  mobile: text().notNull().unique(),
  mobileOk: integer('mobile_ok', { mode: 'boolean' }).notNull(),
  hashedPassword: text('hashed_password').notNull(),
})
