/**
 * The application's database: one SQLite file, a table of members and one of their API keys.
 */
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The columns that crudauth needs, and those of the application. */
export const members = sqliteTable('members', {
  ...authUserColumns(),
  /** Who a member is at Demo ID. */
  demoId: text('demo_id').unique(),
  displayName: text('display_name').notNull().default('New member'),
  plan: text({ enum: ['free', 'paid'] })
    .notNull()
    .default('free'),
})

/** API keys, of which the table knows the hash only. */
export const keys = sqliteTable('api_keys', authApiKeyColumns(), ({ userId }) => [
  index('api_keys_user_id').on(userId),
])

/** @param location A path, or a `file:` URL: `file:///var/app.sqlite`, `file:app.sqlite`. */
export function openDatabase(location: string) {
  // While another process has the file locked, this one stands still; not for longer than that.
  const sqlite = new Database(pathOf(location), { timeout: 250 })
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
    demo_id varchar(255),
    oauth_created_at datetime,
    oauth_updated_at datetime,
    created_at datetime not null,
    updated_at datetime,
    display_name text not null default 'New member',
    plan text not null default 'free'
  );
  create table if not exists api_keys (
    id text primary key,
    user_id text not null,
    name text,
    prefix text not null,
    hashed_key text not null unique,
    scopes text not null,
    epoch integer,
    created_at datetime not null,
    expires_at datetime,
    last_used_at datetime,
    revoked_at datetime
  );
  create index if not exists api_keys_user_id on api_keys (user_id)`)
  // A database from before there were providers has no such column.
  const columns = sqlite.pragma('table_info(members)') as { name: string }[]
  if (!columns.some(({ name }) => name === 'demo_id')) {
    sqlite.exec('alter table members add column demo_id varchar(255)')
  }
  sqlite.exec('create unique index if not exists members_demo_id on members (demo_id)')
  return { db: drizzle(sqlite), close: () => sqlite.close() }
}

// A `file:` without slashes is relative, as SQLite reads it; as a URL it would be at the root.
function pathOf(location: string): string {
  return location.startsWith('file://') ? fileURLToPath(location) : location.replace(/^file:/, '')
}
