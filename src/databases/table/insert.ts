/**
 * An insert, by itself or with the application's work in its transaction, where both are
 * asynchronous.
 */
import { StoreUnavailable } from '../../users/store.ts'
import { repeated } from './repeat.ts'
import type { During, Row } from './statements.ts'

/** Runs the statement that writes the row. */
export type Write = <Value>(statement: () => Promise<Value>) => Promise<Value>

export interface InsertParts<Target> {
  /** The database outside of any transaction. */
  readonly direct: Target
  transaction(work: (target: Target) => Promise<Row>): Promise<Row>
  /** Writes and reads back. */
  insertInto(target: Target, write: Write): Promise<Row>
  /** The row as it is when the work is done. */
  readAgain(target: Target, row: Row): Promise<Row>
  readonly during: During | undefined
  /** What to throw for what a statement threw. */
  asError(thrown: unknown): Error
}

/**
 * What the work throws is the application's own: it undoes the insert, and passes through as it is.
 * What it catches may have ended the transaction all the same (PostgreSQL then takes a commit for a
 * rollback, and says so to nobody), so the row must still be there.
 */
export async function insertWith<Target>(parts: InsertParts<Target>): Promise<Row> {
  const { direct, transaction, insertInto, readAgain, during, asError } = parts
  if (!during) return insertAlone((write) => insertInto(direct, write), asError)
  let own: { readonly error: unknown } | undefined
  try {
    return await transaction(async (target) => {
      const row = await insertInto(target, (statement) => statement())
      try {
        await during(target, row)
      } catch (error) {
        own = { error }
        throw error
      }
      return readAgain(target, row)
    })
  } catch (error) {
    throw own ? own.error : asError(error)
  }
}

/**
 * A row without a transaction: the statement that writes it is repeated where it was given up for
 * another's sake, what reads the row back is not.
 */
export async function insertAlone(
  insert: (write: Write) => Promise<Row>,
  asError: (thrown: unknown) => Error,
): Promise<Row> {
  let isWritten = false
  try {
    return await insert(async (statement) => {
      const written = await repeated(() =>
        statement().catch((error: unknown) => {
          throw asError(error)
        }),
      )
      isWritten = true
      return written
    })
  } catch (thrown) {
    const error = asError(thrown)
    if (!isWritten || !(error instanceof StoreUnavailable)) throw error
    throw new StoreUnavailable(error.message, error.code)
  }
}
