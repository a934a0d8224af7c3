/**
 * The application's database: one SQLite file, one table of members.
 */
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The columns that crudauth needs, and those of the application. */
export const members = sqliteTable('members', {
  ...authUserColumns(),
  displayName: text('display_name').notNull().default('New member'),
  plan: text({ enum: ['free', 'paid'] })
    .notNull()
    .default('free'),
})

/** @param location A path, or a `file:` URL: `file:///var/app.sqlite`, `file:app.sqlite`. */
export function openDatabase(location: string) {
  const sqlite = new Database(pathOf(location))
  sqlite.pragma('journal_mode = WAL')
  // What a migration would do in an application that is there to stay.
  sqlite.exec(`create table if not exists members (
    id integer primary key autoincrement,
    email varchar(320) not null unique,
    username varchar(64) not null unique,
    hashed_password varchar(255) not null,
    is_active boolean not null,
    is_superuser boolean not null,
    email_verified boolean not null,
    token_version integer not null,
    oauth_provider varchar(32),
    google_id varchar(64) unique,
    github_id varchar(64) unique,
    oauth_created_at datetime,
    oauth_updated_at datetime,
    created_at datetime not null,
    updated_at datetime,
    display_name text not null default 'New member',
    plan text not null default 'free'
  )`)
  return { db: drizzle(sqlite), close: () => sqlite.close() }
}

// A `file:` without slashes is relative, as SQLite reads it; as a URL it would be at the root.
function pathOf(location: string): string {
  return location.startsWith('file://') ? fileURLToPath(location) : location.replace(/^file:/, '')
}
