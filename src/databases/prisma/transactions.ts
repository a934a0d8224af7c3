/**
 * Whether a Prisma client has transactions in which its statements see each other, as far as it
 * shows its driver adapter.
 */
import type { RuntimeClient } from './client.ts'

/** That it has none, where two models are written in one. */
export function transactionProblems(client: RuntimeClient): string[] {
  if (typeof client.$transaction !== 'function') {
    return [
      'passwords names another model, and this client has no $transaction, as that of a transaction has none; pass the client that new PrismaClient() made',
    ]
  }
  const instead = insteadOf(client._engineConfig?.adapter)
  return instead === null
    ? []
    : [
        `passwords names another model, and this driver adapter has no transactions: a change of a password could be written by half; ${instead}`,
      ]
}

/** What to use instead of a driver adapter without transactions; `null` for any other. */
function insteadOf(adapter: unknown): string | null {
  const { adapterName: name, connectionString } = Object(adapter) as {
    readonly adapterName?: unknown
    readonly connectionString?: unknown
  }
  // That of D1 takes them, and runs each statement by itself.
  if (name === '@prisma/adapter-d1' || name === '@prisma/adapter-d1-http') {
    return 'keep the hash in the users table, or use a database that has them, such as libSQL with PrismaLibSql of @prisma/adapter-libsql'
  }
  // One package has two, of which that over HTTP is made of the address alone.
  if (name === '@prisma/adapter-neon' && typeof connectionString === 'string') {
    return 'use PrismaNeon of @prisma/adapter-neon in the place of PrismaNeonHttp, or keep the hash in the users table'
  }
  return null
}
