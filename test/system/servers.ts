/** Starts processes of `server.ts` over tables of their own, and tells what they reported. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Pool } from 'pg'
import { tableStatements } from '../support/create-table.ts'
import type { ServerOptions } from './server.ts'
import { keysTable, storageTable, usersTable } from './tables.ts'

export interface Servers {
  readonly run: string
  readonly origins: readonly string[]
  /** Links of messages, of all processes, in the order in which they were told. */
  readonly links: readonly string[]
  /** Events that carry an error, of all processes. */
  readonly failures: readonly { event: string; error: string }[]
  query(text: string): Promise<Record<string, unknown>[]>
  end(): Promise<void>
}

export async function startServers(
  processes: number,
  options: Omit<ServerOptions, 'run'>,
): Promise<Servers> {
  const run = `system_${randomBytes(4).toString('hex')}`
  const pool = new Pool({ connectionString: options.postgresUrl, max: 2 })
  pool.on('error', () => {})
  const query = async (text: string) => (await pool.query(text)).rows as Record<string, unknown>[]
  for (const table of [usersTable(run), keysTable(run), storageTable(run)]) {
    for (const statement of tableStatements(table)) await query(statement)
  }
  const failures: { event: string; error: string }[] = []
  const links: string[] = []
  const program = join(import.meta.dirname, 'server.ts')
  const argument = JSON.stringify({ ...options, run } satisfies ServerOptions)
  const children: ChildProcess[] = []
  const origins = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = fork(program, [argument])
      children.push(child)
      const [message] = (await once(child, 'message')) as [{ port?: number; error?: string }]
      if (message.port === undefined) throw new Error(`no server: ${message.error}`)
      child.on('message', (said: { link: string } | (typeof failures)[number]) => {
        if ('link' in said) links.push(said.link)
        else failures.push(said)
      })
      return `http://127.0.0.1:${message.port}`
    }),
  )
  return {
    run,
    origins,
    links,
    failures,
    query,
    async end() {
      const ended = children.map((child) => once(child, 'exit'))
      for (const child of children) child.disconnect()
      await Promise.all(ended)
      await query(`drop table if exists ${run}_users, ${run}_keys, ${run}_storage`)
      await pool.end()
    },
  }
}
