/**
 * A MariaDB server of a test's own, whose global variables it may set.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'

const program = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd'].find(existsSync)

export const hasMariadbPrograms: boolean = program !== undefined

/** The server refuses to be run by root. */
const isRoot = process.getuid?.() === 0
const user = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {}

function idOf(flag: string): number {
  return Number(spawnSync('id', [flag, 'mysql'], { encoding: 'utf8' }).stdout.trim())
}

export class MariadbServer {
  readonly #port: number
  readonly #folder: string
  #process: ChildProcess | undefined

  readonly #kill = () => void this.#process?.kill('SIGKILL')

  private constructor(port: number, folder: string) {
    this.#port = port
    this.#folder = folder
  }

  static async start(): Promise<MariadbServer> {
    const folder = mkdtempSync(join(tmpdir(), 'crudauth-mariadb-'))
    if (isRoot) chownSync(folder, user.uid ?? 0, user.gid ?? 0)
    const options = ['--no-defaults', '--auth-root-authentication-method=normal']
    const made = spawnSync('mariadb-install-db', [...options, `--datadir=${folder}/data`], {
      ...user,
      encoding: 'utf8',
    })
    if (made.status !== 0) throw new Error(`mariadb-install-db ended: ${made.stderr}`)
    const server = new MariadbServer(await freePort(), folder)
    await server.#begin()
    return server
  }

  /** @param name `root`, or somebody that a test has made; without a password. */
  url(name: string = 'root'): string {
    return `mysql://${name}@127.0.0.1:${this.#port}/test`
  }

  async end(): Promise<void> {
    const running = this.#process
    process.off('exit', this.#kill)
    running?.kill('SIGKILL')
    if (running && running.exitCode === null) await once(running, 'exit')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #begin(): Promise<void> {
    const args = [
      '--no-defaults',
      `--datadir=${this.#folder}/data`,
      `--socket=${this.#folder}/socket`,
      `--pid-file=${this.#folder}/pid`,
      `--port=${this.#port}`,
      '--bind-address=127.0.0.1',
    ]
    this.#process = spawn(program ?? '', args, { ...user, stdio: 'ignore' })
    // A run that is broken off leaves no server behind.
    process.once('exit', this.#kill)
    for (let tries = 0; tries < 200; tries++) {
      try {
        const connection = await createConnection(this.url().replace(/test$/, ''))
        await connection.query('create database if not exists test')
        await connection.end()
        return
      } catch {
        await wait(100)
      }
    }
    throw new Error('mariadbd does not come up')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
