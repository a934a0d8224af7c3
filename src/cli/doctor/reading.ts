/**
 * Reads of an application's rows: each bounded in time, and all of them together. What could not be
 * read is remembered, since nothing that depends on it is known.
 */
import type { Connection, Row } from './connection.ts'
import type { Dialect } from './table.ts'
import { Unanswered } from './unanswered.ts'

export interface Reading {
  readonly dialect: Dialect
  /**
   * @param what What is not known without it: `which values state has`.
   * @returns `null` where it was not read.
   */
  rows(text: string, what: string): Promise<Row[] | null>
  /** What was not read, a sentence each. */
  readonly unknown: readonly string[]
}

/** All reads together may take as long as so many that are at their bound. */
const patience = 4

/** @param now In milliseconds. */
export function readingOf(
  { dialect, seconds, query }: Connection,
  now: () => number = () => performance.now(),
): Reading {
  const unknown: string[] = []
  let spent = 0
  return {
    dialect,
    unknown,
    async rows(text, what) {
      if (spent >= patience * seconds * 1000) {
        unknown.push(
          `${what}: not asked any more, since the reads before took ${patience * seconds} s`,
        )
        return null
      }
      const start = now()
      try {
        return await query(text)
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error
        unknown.push(`${what}: ${error.message}`)
        return null
      } finally {
        spent += now() - start
      }
    },
  }
}
