/**
 * The servers that some tests need, and the one rule for when they are missing: skipped with a
 * message on a developer's machine, a failure with `CI=true`.
 */
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { hasPostgresPrograms } from './postgres-server.ts'

export interface Service {
  readonly name: string
  /** How to come by it, for the message. */
  readonly hint: string
  isThere(): Promise<boolean> | boolean
}

export const redisUrl: string = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'

export const postgresUrl: string =
  process.env['POSTGRES_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/test'

export const mysqlUrl: string = process.env['MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test'

export const postgres: Service = {
  name: 'PostgreSQL',
  hint: 'start one on 127.0.0.1:5432, or set POSTGRES_URL',
  isThere: () => accepts(postgresUrl, 5432),
}

export const mysql: Service = {
  name: 'MySQL or MariaDB',
  hint: 'start one on 127.0.0.1:3306, or set MYSQL_URL',
  isThere: () => accepts(mysqlUrl, 3306),
}

export const redis: Service = {
  name: 'Redis',
  hint: 'start one on 127.0.0.1:6379, or set REDIS_URL',
  isThere: () => accepts(redisUrl, 6379),
}

/** Of a version that knows `--json`. */
export const curl: Service = {
  name: 'curl',
  hint: 'install curl 7.82 or later (Debian: curl)',
  isThere: () => spawnSync('curl', ['--json', '{}', '--version']).status === 0,
}

/** The programs themselves, for tests that stop and restart a server. */
export const postgresServer: Service = {
  name: 'the server of PostgreSQL',
  hint: 'install it (Debian: postgresql)',
  isThere: () => hasPostgresPrograms,
}

export const redisServer: Service = {
  name: 'redis-server',
  hint: 'install it (Debian: redis-server)',
  isThere: () => spawnSync('redis-server', ['--version']).status === 0,
}

/**
 * Whether tests of this service can run.
 *
 * @example
 * ```ts
 * describe.runIf(await isReachable(redis))('…', () => { … })
 * ```
 *
 * @throws Error with `CI=true`, where it has to be there.
 */
export async function isReachable(service: Service): Promise<boolean> {
  if (await service.isThere()) return true
  const message = `${service.name} is missing: ${service.hint}`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(`Skipped, because ${message}`)
  return false
}

/** Whether something listens where this URL points. */
function accepts(url: string, defaultPort: number): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) || defaultPort, timeout: 2000 })
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}
