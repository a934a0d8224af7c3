/**
 * Statements that a database gave up for another's sake are run again: a deadlock, a serialization
 * failure, a locked file. Only single statements are: of a transaction somebody else's work is a
 * part.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Eventually, orElse } from '../../eventually.ts'
import { ConflictingStatement } from './errors.ts'
import type { Statements } from './statements.ts'

const maxTries = 5

/** No try begins later than this, so that nothing is written long after it was given up. */
const maxMs = 1000

/** Before a further try; with each it may be longer, and it is not the same for everybody. */
const pauseMs = 10

/** What one statement gives, after some tries at most. */
export async function repeated<Value>(statement: () => Promise<Value>): Promise<Value> {
  const until = performance.now() + maxMs
  for (let tries = 1; ; tries++) {
    try {
      return await statement()
    } catch (error) {
      const mayTry = tries < maxTries && performance.now() < until
      if (!(error instanceof ConflictingStatement) || !mayTry) throw error
      await wait(Math.random() * pauseMs * 2 ** tries)
    }
  }
}

/** The same after a first try that failed. */
export async function repeatedAfter<Value>(
  error: unknown,
  statement: () => Eventually<Value>,
): Promise<Value> {
  if (!(error instanceof ConflictingStatement)) throw error
  await wait(Math.random() * pauseMs * 2)
  return repeated(async () => statement())
}

/** The same, at once where the first try is answered at once. */
function repeatedReading<Value>(read: () => Eventually<Value>): Eventually<Value> {
  return orElse(read, (error) => repeatedAfter(error, read))
}

/** The same statements; what inserts is left to the adapter, which knows what was written. */
export function repeating(statements: Statements): Statements {
  const { selectEach } = statements
  return {
    ...(selectEach && {
      selectEach: (...call: Parameters<typeof selectEach>) =>
        repeated(async () => selectEach(...call)),
    }),
    transactions: statements.transactions,
    beside: statements.beside,
    insert: (...call) => statements.insert(...call),
    select: (property, value, scope, also) =>
      repeatedReading(() => statements.select(property, value, scope, also)),
    selectWith(reference, beside) {
      const select = statements.selectWith?.(reference, beside) ?? null
      return select && ((...call) => repeatedReading(() => select(...call)))
    },
    update: (...call) => repeated(() => statements.update(...call)),
    delete: (...call) => repeated(() => statements.delete(...call)),
    increment: (...call) => repeated(() => statements.increment(...call)),
  }
}
