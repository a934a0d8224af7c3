/**
 * An insert with the application's work in its transaction, where transactions are asynchronous.
 */
import type { During, Row } from './statements.ts'

export interface InsertParts<Target> {
  /** The database outside of any transaction. */
  readonly direct: Target
  transaction(work: (target: Target) => Promise<Row>): Promise<Row>
  insertInto(target: Target): Promise<Row>
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
export async function insertWith<Target>({
  direct,
  transaction,
  insertInto,
  readAgain,
  during,
  asError,
}: InsertParts<Target>): Promise<Row> {
  let own: { readonly error: unknown } | undefined
  try {
    if (!during) return await insertInto(direct)
    return await transaction(async (target) => {
      const row = await insertInto(target)
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
