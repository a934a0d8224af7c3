/**
 * The database: the old table, loaded where there is none yet, and its migration.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'

/** Where PostgreSQL is unless `DATABASE_URL` says otherwise. */
export const defaultUrl = 'postgresql://postgres@127.0.0.1:5432/postgres'

export function openDatabase(url: string) {
  // A connection that has gone silent is given up, as docs/outages.md explains.
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: 3000,
    query_timeout: 5000,
    keepAlive: true,
  })
  // A connection that breaks while nobody uses it: the next query opens another.
  pool.on('error', (error) => console.warn(`postgresql: ${error.message}`))
  return {
    db: drizzle(pool),
    /** The table and its rows, as the old application left them. */
    load: () => runWhereAbsent(pool, 'members', 'legacy.sql'),
    /** What this application adds. */
    migrate: () => runWhereAbsent(pool, 'auth_storage', 'migration.sql'),
    close: () => pool.end(),
  }
}

/** Runs a file once, however many processes start at a time. Whether it ran. */
async function runWhereAbsent(pool: Pool, table: string, file: string): Promise<boolean> {
  const statements = await readFile(join(import.meta.dirname, file), 'utf8')
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(`select pg_advisory_xact_lock(hashtext('quayside'))`)
    const { rows } = await client.query('select to_regclass($1) is null as absent', [
      `quayside.${table}`,
    ])
    if (rows[0].absent) await client.query(statements)
    await client.query('commit')
    return rows[0].absent
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
