/**
 * Transactions of the drivers below Drizzle: which have none, and what one of node-postgres needs.
 */
import type { EventEmitter } from 'node:events'
import type { QueryDatabase } from './runner.ts'
import { isOfKind } from './structure.ts'

type Transaction = QueryDatabase['transaction']

/** A session of Drizzle's, as far as it is looked at. */
interface Session {
  readonly client?: unknown
  readonly transaction: Transaction
}

/**
 * Sessions that have no transactions, or send each statement by itself; and what to use instead.
 */
const withoutTransactions: Readonly<Record<string, string>> = {
  SQLiteD1Session: 'a database that has them, such as libSQL with drizzle-orm/libsql',
  NeonHttpSession: 'drizzle-orm/neon-serverless',
  XataHttpSession: 'drizzle-orm/node-postgres',
  PgRemoteSession: 'drizzle-orm/node-postgres or drizzle-orm/postgres-js',
  MySqlRemoteSession: 'drizzle-orm/mysql2',
  SQLiteRemoteSession: 'drizzle-orm/better-sqlite3 or drizzle-orm/libsql',
  PrismaPgSession: 'prismaUsers of crudauth/prisma, or drizzle-orm/node-postgres',
  PrismaMySqlSession: 'prismaUsers of crudauth/prisma, or drizzle-orm/mysql2',
  PrismaSQLiteSession: 'prismaUsers of crudauth/prisma, or drizzle-orm/better-sqlite3',
}

/** That the driver has no transactions, where two tables are written in one. */
export function transactionProblems(database: unknown): string[] {
  const { session } = primaryOf(database)
  const found = Object.entries(withoutTransactions).find(([kind]) => isOfKind(session, kind))
  if (!found) return []
  return [
    `passwords names another table, and this database driver has no transactions: a change of a password could be written by half; use ${found[1]}, or keep the hash in the users table`,
  ]
}

/**
 * The transactions of a database, in which a connection may die without ending the process.
 *
 * A client of node-postgres emits `error` when its connection ends. Its pool listens while it is
 * idle, `pool.query` while it has it, and nobody inside a transaction: what nobody listens to ends
 * the process, though the statement rejects as well. So we listen for as long as a transaction of
 * ours has the client, from before its `begin`. What the application takes from its pool for itself
 * is left alone.
 */
export function transactionsOf(database: unknown): Transaction {
  const db = primaryOf(database)
  const { session } = db
  const pool = session?.client
  if (!session || !isPool(pool)) return (work) => db.transaction(work)
  return async (work) => {
    let taken: { readonly client: Client; readonly release: Client['release'] } | undefined
    let hasBegun = false
    const connect = async () => {
      const client = await pool.connect()
      client.on('error', heard)
      // That of this time: the next one to have the client gets another.
      taken = { client, release: client.release }
      return client
    }
    // The same session over the same pool, but for the way in which it takes a client.
    const taking = Object.create(pool, { connect: { value: connect } })
    const ours: Session = Object.create(session, { client: { value: taking } })
    try {
      return await ours.transaction((transaction) => {
        hasBegun = true
        return work(transaction)
      })
    } catch (error) {
      if (!hasBegun) giveBack(taken?.release)
      throw error
    } finally {
      taken?.client.off('error', heard)
    }
  }
}

/**
 * Drizzle keeps a client whose `begin` has failed, so that the pool would have one less for good.
 */
function giveBack(release: Client['release'] | undefined): void {
  try {
    release?.(true)
  } catch {
    // Given back already.
  }
}

/** The statement that was under way, or the next one, rejects with it. */
function heard(): void {}

interface Client extends EventEmitter {
  release(isBroken?: boolean): void
}

interface Pool {
  connect(): Promise<Client>
}

/** One of node-postgres, or made like it. */
function isPool(client: unknown): client is Pool {
  const pool = Object(client) as Readonly<Record<string, unknown>>
  return (
    typeof pool['connect'] === 'function' &&
    typeof pool['totalCount'] === 'number' &&
    typeof pool['on'] === 'function'
  )
}

function primaryOf(database: unknown): QueryDatabase & { readonly session?: Session } {
  const { $primary } = database as { $primary?: unknown }
  return ($primary ?? database) as QueryDatabase & { readonly session?: Session }
}
