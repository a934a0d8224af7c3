import Database from 'better-sqlite3'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'

export const db = drizzle(new Database('members.sqlite'))

/** With `google_id` and `github_id`. */
export const members = sqliteTable('members', authUserColumns())
