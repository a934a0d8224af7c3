/**
 * A TCP proxy that can cut a path in the way networks do: without telling either end.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class SilentProxy {
  readonly #server: Server
  readonly #sockets: Set<Socket> = new Set()
  readonly #answering: Set<Socket> = new Set()
  #target: number

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#join(socket))
  }

  static async to(port: number): Promise<SilentProxy> {
    const proxy = new SilentProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The same database, through this proxy. */
  urlOf(url: string): string {
    return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(this.port) }).href
  }

  /** What is connected hears nothing any more, and is not told; what connects from now on works. */
  forgetConnections(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume()
  }

  /** What is connected is heard, but its answers get lost. */
  loseAnswers(): void {
    for (const socket of this.#answering) socket.removeAllListeners('data').resume()
  }

  /** What is connected is told so. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Where new connections lead. */
  lead(port: number): void {
    this.#target = port
  }

  end(): void {
    this.cut()
    this.#server.close()
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    this.#answering.add(far)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      from.on('error', () => undefined)
      from.on('close', () => {
        this.#sockets.delete(from)
        this.#answering.delete(from)
        to.destroy()
      })
    }
  }
}
