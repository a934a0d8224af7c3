/**
 * Redis servers of a test's own, that it may stop, pause and restart; and a cluster of three.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #options: readonly string[]
  #process: ChildProcess | undefined

  readonly #kill = () => void this.#process?.kill('SIGKILL')

  private constructor(port: number, options: readonly string[]) {
    this.port = port
    this.#options = options
    this.#folder = mkdtempSync(join(tmpdir(), 'crudauth-redis-'))
  }

  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    await server.restart()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again, with nothing in it. */
  async restart(): Promise<void> {
    await this.stop()
    const settings = ['--port', `${this.port}`, '--dir', this.#folder, '--save', '']
    this.#process = spawn('redis-server', [...settings, ...this.#options], { stdio: 'pipe' })
    // A run that is broken off leaves no server behind.
    process.once('exit', this.#kill)
    let said = ''
    for await (const chunk of this.#process.stdout ?? []) {
      said += String(chunk)
      if (said.includes('Ready to accept connections')) break
    }
    if (this.#process.exitCode !== null) throw new Error(`redis-server ended: ${said}`)
    this.#process.stdout?.resume()
  }

  async stop(): Promise<void> {
    const running = this.#process
    if (!running) return
    process.off('exit', this.#kill)
    this.#kill()
    this.#process = undefined
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit')
  }

  /** As a machine that hangs: connections stay, and nothing is answered. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** One command by `redis-cli`; what it printed. */
  command(...args: readonly string[]): string {
    const { stdout } = spawnSync('redis-cli', ['-p', `${this.port}`, ...args], { encoding: 'utf8' })
    return stdout.trim()
  }

  async end(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Three primaries, each with a third of the slots. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const options = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no']
  const nodes = await Promise.all([1, 2, 3].map(() => RedisServer.start(...options)))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const create = ['--cluster', 'create', ...addresses, '--cluster-yes']
  const { stdout, status } = spawnSync('redis-cli', create, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`no cluster: ${stdout}`)
  return nodes
}

/** One that leaves room for the port of the cluster's bus, 10000 above it. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    if (port < 55_000) return port
  }
}
