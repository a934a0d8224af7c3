/**
 * A module as an application would have it, for `crudauth doctor --config`: it starts the server,
 * too.
 */
import { createServer } from 'node:http'
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { drizzleUsers } from '../../src/databases/drizzle.ts'

const accounts = sqliteTable('accounts', {
  accountId: integer('account_id').primaryKey(),
  email: text().notNull().unique(),
  pw: text({ length: 60 }).notNull(),
})

export const users = drizzleUsers(drizzle(new Database(':memory:')), accounts, {
  columns: { id: 'accountId', hashedPassword: 'pw' },
})

createServer().listen(0)
