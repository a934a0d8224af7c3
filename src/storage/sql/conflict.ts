/**
 * Statements that a database gave up because of others at the same time, and that may be run again.
 *
 * PostgreSQL does so where the application has made `repeatable read` or `serializable` its
 * default, MySQL at any level when two statements wait for each other.
 */

const codes: ReadonlySet<unknown> = new Set([
  // PostgreSQL: serialization_failure, deadlock_detected.
  '40001',
  '40P01',
  // MySQL and MariaDB: a deadlock, and a row that changed under a snapshot.
  'ER_LOCK_DEADLOCK',
  'ER_CHECKREAD',
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
])

/** Whether nothing was written, for no other reason than somebody else who was there first. */
export function isConflict(thrown: unknown): boolean {
  // A query builder wraps what the driver threw; no chain is longer than this.
  let error = thrown
  for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth++) {
    const { code, cause } = error as { code?: unknown; cause?: unknown }
    if (codes.has(code)) return true
    error = cause
  }
  return false
}
