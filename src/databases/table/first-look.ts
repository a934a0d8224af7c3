/**
 * What only the database can tell, found out before the first statement.
 */
import type { Statements } from './statements.ts'

/**
 * The same statements, of which none is run before `look` has resolved. Where it rejects, so does
 * the statement, and the next one looks again.
 */
export function afterLook(statements: Statements, look: () => Promise<void>): Statements {
  let isDone = false
  let looking: Promise<void> | undefined
  const init = async () => {
    looking ??= look()
    try {
      await looking
      isDone = true
    } finally {
      looking = undefined
    }
  }
  const after =
    <Call extends readonly unknown[], Value>(run: (...call: Call) => Value | PromiseLike<Value>) =>
    async (...call: Call): Promise<Value> => {
      if (!isDone) await init()
      return run(...call)
    }
  const { selectEach } = statements
  return {
    transactions: statements.transactions,
    init,
    select: after(statements.select),
    ...(selectEach && { selectEach: after(selectEach) }),
    insert: after(statements.insert),
    update: after(statements.update),
    delete: after(statements.delete),
    increment: after(statements.increment),
  }
}
