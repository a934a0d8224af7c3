/**
 * Why an operation on the SQL storage failed, without what was to be written: these errors go into
 * logs, and a session's token or address is no business of theirs.
 */

/** What happened, where the database did not say it with a code of its own. */
export type SqlStorageFailure = 'TIMEOUT' | 'SILENT' | 'OVERLOADED' | 'CONFLICT' | 'CLOSED'

/** An operation on the storage that did not succeed. */
export class SqlStorageError extends Error {
  override readonly name: string = 'SqlStorageError'
  /**
   * The database's or the driver's own code, such as `25006` or `ER_NO_SUCH_TABLE`, or a
   * `SqlStorageFailure`; `undefined` where a driver gives none.
   */
  readonly code: SqlStorageFailure | (string & {}) | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/**
 * A statement that was given up for another's sake: it has written nothing, and can be repeated.
 */
export class StatementConflict extends SqlStorageError {}

/** A statement that no answer came to: there is no connection, or none to spare, or it was lost. */
export class StatementOutage extends SqlStorageError {}
