/**
 * What the doctor asks a database, as its driver is asked.
 */
import { createRequire } from 'node:module'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import { doctor } from '../../src/cli/doctor/doctor.ts'

export interface Asked {
  readonly text: string
  readonly parameters: readonly unknown[]
  readonly milliseconds: number
}

type Method = (this: unknown, text: string, parameters?: readonly unknown[]) => unknown

/** Every statement of one run of the doctor. */
export function askedByDoctor(database: string, table: string): Promise<Asked[]> {
  const options = { columns: {}, format: 'sql', json: false, strict: false } as const
  return asked(() => doctor({ database, table, ...options }))
}

/** Every statement of all drivers while the work goes on. */
async function asked(work: () => Promise<unknown>): Promise<Asked[]> {
  const statements: Asked[] = []
  const timed = async (text: string, parameters: readonly unknown[], run: () => unknown) => {
    const start = performance.now()
    const answer = await run()
    statements.push({ text, parameters, milliseconds: performance.now() - start })
    return answer
  }
  const { PromiseConnection } = createRequire(import.meta.url)('mysql2/promise.js') as {
    PromiseConnection: { prototype: { query: Method } }
  }
  const restore = [
    Client.prototype as unknown as { query: Method },
    PromiseConnection.prototype,
  ].map((prototype) => {
    const { query } = prototype
    prototype.query = function (text, parameters = []) {
      return typeof text === 'string'
        ? timed(text, parameters, () => query.call(this, text, parameters))
        : query.call(this, text, parameters)
    }
    return () => {
      prototype.query = query
    }
  })
  const sqlite = Database.prototype as unknown as {
    prepare(text: string): { all(...parameters: unknown[]): unknown[] }
  }
  const { prepare } = sqlite
  sqlite.prepare = function (text) {
    const statement = prepare.call(this, text)
    const all = statement.all.bind(statement)
    statement.all = (...parameters) => {
      const start = performance.now()
      const rows = all(...parameters)
      statements.push({ text, parameters, milliseconds: performance.now() - start })
      return rows
    }
    return statement
  }
  try {
    await work()
  } finally {
    for (const one of restore) one()
    sqlite.prepare = prepare
  }
  return statements
}
