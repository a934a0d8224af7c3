/**
 * What the SQL storage asks of an adapter: to run one statement.
 */
import type { Eventually } from '../../eventually.ts'
import type { DatabasePool } from '../../users/store.ts'

export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite'

/** A statement in pieces, with a parameter between each two. */
export interface Statement {
  readonly texts: readonly string[]
  readonly parameters: readonly (string | number | null)[]
}

/** The rows of a query, by column. */
export type FoundRows = readonly Readonly<Record<string, unknown>>[]

/** Asks one query with parameters of this time. */
export type AskAgain = (parameters: Statement['parameters']) => Eventually<FoundRows>

/**
 * Runs statements, each by itself: no transaction is ever asked for.
 *
 * What fails rejects with a `StatementConflict`, a `StatementOutage`, or another `SqlStorageError`,
 * none of which repeats a parameter.
 */
export interface StatementRunner {
  readonly dialect: SqlDialect
  /** The table, quoted. */
  readonly table: string
  /** The pool of connections. Default: nothing is known of it. */
  readonly pool?: DatabasePool | undefined
  /**
   * Builds a query that is asked again and again. Its own parameters only say where others stand.
   *
   * @param columns What it selects.
   */
  prepare(statement: Statement, columns: readonly string[]): AskAgain
  write(statement: Statement): Promise<number>
}

/** Text that is part of a statement, not a parameter of it. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Builds a statement: what is interpolated is a parameter, unless it is `Raw`. */
export function statement(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | null | Raw)[]
): Statement {
  const texts: string[] = [strings[0] ?? '']
  const parameters: (string | number | null)[] = []
  values.forEach((value, index) => {
    const next = strings[index + 1] ?? ''
    if (value instanceof Raw) {
      texts.push(`${texts.pop() ?? ''}${value.text}${next}`)
    } else {
      parameters.push(value)
      texts.push(next)
    }
  })
  return { texts, parameters }
}

/** A statement, and a list of parameters at its end. */
export function withList({ texts, parameters }: Statement, list: readonly string[]): Statement {
  const commas = list.map((_, n) => (n < list.length - 1 ? ', ' : ')'))
  return {
    texts: [...texts.slice(0, -1), `${texts.at(-1) ?? ''}(`, ...commas],
    parameters: [...parameters, ...list],
  }
}
