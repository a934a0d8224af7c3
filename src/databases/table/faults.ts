/**
 * What kind of trouble a statement met, by the codes of every driver and in the words of those that
 * have none.
 */

/** An error, or what caused it, as far as its fields go. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * - `conflict`: given up for another's sake; nothing was written, and it may be repeated;
 * - `refused`: the database takes no writes, or gave the statement up before it was done;
 * - `unreachable`: no connection, none to spare, or one that was lost: what was under way may have
 *   been done.
 */
export type Fault = 'conflict' | 'refused' | 'unreachable'

/** `null` for an error that says something of the statement itself. */
export function faultOf(errors: readonly Fields[]): Fault | null {
  for (const error of errors) {
    const code = text(error, 'code') ?? ''
    const errno = error['errno']
    if (conflicts.test(code) || errno === 1213 || errno === 1205 || errno === 1020)
      return 'conflict'
    if (refusals.test(code) || errno === 1290 || errno === 1792 || errno === 1836) return 'refused'
    // MariaDB's ER_CONNECTION_KILLED, for which mysql2 has no name.
    if (errno === 1927) return 'unreachable'
    if (unreachable.test(code) || words.test(text(error, 'message') ?? '')) return 'unreachable'
  }
  return null
}

/**
 * PostgreSQL: serialization_failure, deadlock_detected. MySQL and MariaDB: a deadlock, a lock that
 * was waited for too long, and a row that changed under a snapshot. SQLite: somebody else has the
 * file. Prisma: a write conflict or a deadlock.
 */
const conflicts = anyOf(
  '40001|40P01',
  'ER_LOCK_DEADLOCK|ER_LOCK_WAIT_TIMEOUT|ER_CHECKREAD',
  'SQLITE_(?:BUSY|LOCKED)\\w*',
  'P2034',
)

/**
 * Read-only servers: PostgreSQL, MySQL and MariaDB, SQLite. What took longer than the server lets
 * it, or was stopped; a file that cannot be opened, or is full.
 */
const refusals = anyOf(
  '25006|57014|55P03',
  'ER_OPTION_PREVENTS_STATEMENT|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|ER_READ_ONLY_MODE',
  'ER_(?:QUERY_INTERRUPTED|QUERY_TIMEOUT|STATEMENT_TIMEOUT)',
  'SQLITE_(?:READONLY|CANTOPEN|FULL)\\w*',
)

/**
 * Of sockets and names; PostgreSQL's classes 08, 53 and 57P (connection, resources, shut down); of
 * postgres.js and undici; MySQL's; SQLite's; Prisma's.
 */
const unreachable = anyOf(
  'ECONN\\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT',
  '08...|53...|57P0[1-5]|25P0[34]',
  'CONNECTION_\\w+|CONNECT_TIMEOUT|UND_ERR_\\w+',
  'PROTOCOL_(?:CONNECTION_LOST|SEQUENCE_TIMEOUT|ENQUEUE_\\w+)|POOL_\\w+',
  'ER_(?:CON_COUNT_ERROR|SERVER_SHUTDOWN|TOO_MANY_USER_CONNECTIONS|CONNECTION_KILLED)',
  'SQLITE_IOERR\\w*',
  'P1001|P1002|P1008|P1017|P2024|P2028',
)

/** What `pg` and mysql2 say without a code. */
const words = new RegExp(
  [
    'Connection terminated|Connection ended|timeout exceeded when trying to connect',
    'Client (?:has encountered a connection error|was closed) and is not queryable',
    'Cannot use a pool after calling end|Query read timeout',
    "Can't (?:add new command when connection is|write) in closed state",
    'Pool is closed|No connections available|Queue limit reached',
    'max_statement_time exceeded',
  ].join('|'),
  'i',
)

function anyOf(...codes: readonly string[]): RegExp {
  return new RegExp(`^(?:${codes.join('|')})$`)
}

/** An error and what caused it, outermost first; drivers do build circles. */
export function causes(thrown: unknown): Fields[] {
  const chain: Fields[] = []
  let error = thrown
  while (typeof error === 'object' && error !== null && !chain.includes(error as Fields)) {
    chain.push(error as Fields)
    error = (error as Fields)['cause']
  }
  return chain
}

/**
 * What the database said. A query builder's wrapper quotes the statement and its parameters, which
 * may say anything; what the database said has a code, or is below.
 */
export function said(thrown: unknown): Fields[] {
  return causes(thrown).filter((one) => 'code' in one || !isWrapper(one))
}

function isWrapper(error: Fields): boolean {
  return ('query' in error && 'params' in error) || error['name'] === 'DrizzleError'
}

export function text(error: Fields, name: string): string | undefined {
  const value = error[name]
  return typeof value === 'string' ? value : undefined
}
