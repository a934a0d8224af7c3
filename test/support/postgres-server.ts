/**
 * A PostgreSQL server of a test's own, that it may stop, pause and restart.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Where Debian puts the server's programs; the latest version. */
const programs = dirname(globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1) ?? '/initdb')

export const hasPostgresPrograms: boolean = programs !== '/'

/** The server refuses to be run by root. */
const user =
  process.getuid?.() === 0
    ? { uid: Number(idOf('-u')), gid: Number(idOf('-g')) }
    : { uid: process.getuid?.(), gid: process.getgid?.() }

function idOf(flag: string): string {
  return spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim()
}

export class PostgresServer {
  readonly port: number
  readonly #folder: string
  #process: ChildProcess | undefined

  readonly #kill = () => void this.#process?.kill('SIGKILL')

  private constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
  }

  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'crudauth-postgres-'))
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
    const made = spawnSync(
      join(programs, 'initdb'),
      ['-A', 'trust', '-U', 'postgres', '--no-sync', '-D', join(folder, 'data')],
      { ...user, encoding: 'utf8' },
    )
    if (made.status !== 0) throw new Error(`initdb ended: ${made.stderr}`)
    const server = new PostgresServer(await freePort(), folder)
    await server.restart()
    return server
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`
  }

  /** Starts it again, with what it had. */
  async restart(): Promise<void> {
    await this.stop()
    const data = join(this.#folder, 'data')
    const args = ['-D', data, '-p', `${this.port}`, '-k', this.#folder, '-c', 'max_connections=60']
    this.#process = spawn(join(programs, 'postgres'), args, { ...user, stdio: 'ignore' })
    // A run that is broken off leaves no server behind.
    process.once('exit', this.#kill)
    for (let tries = 0; tries < 100; tries++) {
      const ready = spawnSync(join(programs, 'pg_isready'), [
        '-q',
        '-h',
        '127.0.0.1',
        '-p',
        `${this.port}`,
      ])
      if (ready.status === 0) return
      await wait(100)
    }
    throw new Error('postgres does not come up')
  }

  /** At once, as the machine would by losing its power: what was not committed is lost. */
  async stop(): Promise<void> {
    const running = this.#process
    if (!running) return
    process.off('exit', this.#kill)
    this.resume()
    running.kill('SIGQUIT')
    this.#process = undefined
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit')
  }

  /** As a machine that hangs: connections stay, and nothing is answered. */
  pause(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  async end(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #signal(signal: NodeJS.Signals): void {
    for (const pid of this.#processes()) {
      try {
        process.kill(pid, signal)
      } catch (error) {
        // Its connection has been closed, and it has ended.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
  }

  /** The server and a process for each connection. */
  #processes(): number[] {
    const parent = this.#process?.pid
    if (parent === undefined) return []
    const children = readdirSync('/proc').filter((name) => {
      if (!/^\d+$/.test(name)) return false
      try {
        const status = readFileSync(`/proc/${name}/stat`, 'utf8')
        return status.slice(status.lastIndexOf(')')).split(' ')[2] === String(parent)
      } catch {
        // It has ended meanwhile.
        return false
      }
    })
    return [parent, ...children.map(Number)]
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
