/**
 * One table of users for all of them, as wide as the library's own: fifteen columns, and the one
 * row that is in it. Here as SQL; the schema of it is written for each copy of Drizzle.
 */
import { person } from './served.ts'

export const userId = 'user-1'

export function columnsOfUsers(dialect: 'sqlite' | 'postgres'): string {
  const isPostgres = dialect === 'postgres'
  const flag = isPostgres ? 'boolean' : 'integer'
  const moment = isPostgres ? 'timestamptz' : 'integer'
  const [yes, no] = isPostgres ? ['true', 'false'] : ['1', '0']
  return `id text primary key, name text not null, email text not null unique, username text unique,
    email_verified ${flag} not null default ${no}, image text, hashed_password text,
    is_active ${flag} not null default ${yes}, is_superuser ${flag} not null default ${no},
    token_version integer not null default 1, oauth_provider text, google_id text unique,
    github_id text unique, created_at ${moment} not null, updated_at ${moment} not null`
}

export function insertionInto(table: string, dialect: 'sqlite' | 'postgres'): string {
  const { email, username } = person
  const [verified, now] = dialect === 'postgres' ? ['true', 'now()'] : ['1', '1']
  return `insert into ${table} (id, name, email, username, email_verified, created_at, updated_at)
    values ('${userId}', 'Ann', '${email}', '${username}', ${verified}, ${now}, ${now})`
}
