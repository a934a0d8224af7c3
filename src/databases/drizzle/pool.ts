/**
 * The pool of connections below Drizzle, as far as its driver shows it: how many statements it runs
 * at once, and whether it gives up a connection that has gone silent. Without a limit a driver
 * waits for such a connection for as long as the operating system keeps it, a quarter of an hour.
 */
import type { DatabasePool } from '../../users/store.ts'

type Fields = Readonly<Record<string, unknown>>

/** Of a driver that shows nothing, or has no pool: nothing is known of it. */
export function poolOf(database: unknown): DatabasePool | undefined {
  const { $primary, $client } = database as { $primary?: { $client?: unknown }; $client?: unknown }
  const client = $primary?.$client ?? $client
  return nodePostgres(client) ?? postgresJs(client) ?? mysql2(client)
}

function nodePostgres(client: unknown): DatabasePool | undefined {
  const options = at(client, 'options')
  if (!isFields(options) || !('connect' in Object(client)) || !('totalCount' in Object(client))) {
    return undefined
  }
  const inUrl = String(options['connectionString'] ?? '')
  const has = (name: string) => Number(options[name]) > 0 || inUrl.includes(`${name}=`)
  const missing = ['connectionTimeoutMillis', 'query_timeout'].filter((name) => !has(name))
  return {
    size: sizeOf(options['max']),
    warnings: missing.length === 0 ? [] : [warning('node-postgres', missing.join(' and '))],
  }
}

/** It sends several statements over one connection, so that the size of its pool is no bound. */
function postgresJs(client: unknown): DatabasePool | undefined {
  const options = at(client, 'options')
  if (!isFields(options) || !('connect_timeout' in options) || !('max_pipeline' in options)) {
    return undefined
  }
  const isLimited = typeof options['socket'] === 'function'
  return { warnings: isLimited ? [] : [warning('postgres.js', 'time limit for its sockets')] }
}

function mysql2(client: unknown): DatabasePool | undefined {
  const config = at(client, 'pool', 'config') ?? at(client, 'config')
  const connection = at(config, 'connectionConfig')
  if (!isFields(config) || !isFields(connection)) return undefined
  const isLimited = connection['stream'] !== undefined
  return {
    size: sizeOf(config['connectionLimit']),
    warnings: isLimited ? [] : [warning('mysql2', 'time limit for its sockets')],
  }
}

function warning(driver: string, missing: string): string {
  return `the pool of ${driver} has no ${missing}: a connection that goes silent (a failover, a firewall) is kept for many minutes, and its requests get 503 for as long. What to write is in docs/outages.md, under "Time limits of your database driver".`
}

function sizeOf(size: unknown): number | undefined {
  return typeof size === 'number' && size >= 1 ? size : undefined
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((from, name) => (isFields(from) ? from[name] : undefined), value)
}

function isFields(value: unknown): value is Fields {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
