/**
 * Statements that a database did not answer, though nothing is wrong with them.
 */

type Reason = 'time' | 'permission'

/** It took too long, waited for a lock, or is not permitted. */
export class Unanswered extends Error {
  readonly reason: Reason

  constructor(reason: Reason, seconds: number) {
    super(
      reason === 'time'
        ? `the database did not answer within ${seconds} s: it is busy, or another connection has a lock; --timeout gives it longer`
        : 'this user may not read that',
    )
    this.reason = reason
  }
}

/** Codes of PostgreSQL, of MySQL and MariaDB, and of SQLite. */
const reasons: Readonly<Record<Reason, ReadonlySet<unknown>>> = {
  // Cancelled, a lock not available; a query's or a statement's time is over, that of a lock, or it
  // was interrupted; busy.
  time: new Set(['57014', '55P03', 3024, 1969, 1205, 1317, 'SQLITE_BUSY', 5]),
  permission: new Set(['42501', 1142, 1143]),
}

/** `null` for another kind of error. */
export function reasonOf(error: unknown): Reason | null {
  if (error instanceof Unanswered) return error.reason
  const { code, errno, errcode } = Object(error) as Readonly<Record<string, unknown>>
  const has = (reason: Reason) => [code, errno, errcode].some((one) => reasons[reason].has(one))
  if (has('time')) return 'time'
  return has('permission') ? 'permission' : null
}
