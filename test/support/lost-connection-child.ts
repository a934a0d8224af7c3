/**
 * A program that listens to no error of its pool: in one of its transactions the connection ends.
 * It says what it got, and that it still works.
 *
 *   node lost-connection-child.ts URL TABLE before-begin|at-a-statement|between-statements
 *   node lost-connection-child.ts URL TABLE at-a-statement postgres.js
 */
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { Client, Pool, type PoolClient } from 'pg'
import postgres from 'postgres'
import { drizzleUsers } from '../../src/databases/drizzle.ts'

const [url = '', table = '', moment, driver] = process.argv.slice(2)
const people = pgTable(table, {
  id: serial().primaryKey(),
  email: text().notNull().unique(),
  tokenVersion: integer('token_version').notNull().default(0),
})
const hashes = pgTable(`${table}_hashes`, {
  userId: integer('user_id').primaryKey(),
  hash: text().notNull(),
})

const pool = new Pool({ connectionString: url, max: 1 })
const db = (
  driver === 'postgres.js' ? onPostgresJs(postgres(url, { max: 1 })) : drizzle(pool)
) as ReturnType<typeof drizzle>
const users = drizzleUsers(db, people, {
  passwords: { table: hashes, user: 'userId', hash: 'hash' },
})
const admin = new Client(url)
await admin.connect()
const row = await users.insert({ email: 'a@example.com', hashedPassword: 'old' }, {})

const change = () => users.update(row.id, { hashedPassword: 'new', tokenVersion: 1 }, {})
const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  async 'before-begin'() {
    pool.once('acquire', (client) => {
      const { connection } = client as PoolClient & {
        connection: { stream: { destroy(error: Error): void } }
      }
      // When everybody has what was taken, and before the server could answer.
      const cut = Object.assign(new Error('cut'), { code: 'ECONNRESET' })
      setImmediate(() => connection.stream.destroy(cut))
    })
    return change()
  },
  async 'at-a-statement'() {
    await admin.query(
      `create function ${table}_end() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$`,
    )
    await admin.query(
      `create trigger ${table}_end before update on ${table}_hashes execute function ${table}_end()`,
    )
    return change()
  },
  async 'between-statements'() {
    return users.insert(
      { email: 'b@example.com', hashedPassword: 'x' },
      {},
      async (transaction) => {
        const { rows } = await transaction.execute('select pg_backend_pid() as pid')
        await admin.query('select pg_terminate_backend($1, 5000)', [rows[0]?.['pid']])
      },
    )
  },
}

const error = await ways[moment ?? '']?.().then(
  () => null,
  (thrown: Error) => thrown.name,
)
await admin.query(`drop trigger if exists ${table}_end on ${table}_hashes`)
const now: Record<string, unknown> | null = await users.find('id', row.id, {})
const nobody = await users.find('email', 'b@example.com', {})
const seen = { error, hash: now?.['hashedPassword'], epoch: now?.['tokenVersion'], nobody }
process.stdout.write(JSON.stringify(seen))
await admin.end()
await pool.end()
if (driver === 'postgres.js') process.exit()
