/**
 * A process that does nothing but ask: a check at a time of each kind, at a steady pace, over
 * connections that stay open. What it measures begins when a request is written, whether or not
 * those before it have been answered.
 */
import { connect, type Socket } from 'node:net'

export interface Asked {
  readonly name: string
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
}

export interface Asking {
  readonly targets: readonly Asked[]
  readonly perSecond: number
  readonly seconds: number
}

/** Milliseconds of every answer, by the name of what was asked. */
export type Answers = Readonly<Record<string, readonly number[]>>

class Line {
  readonly #idle: Socket[] = []
  readonly #asked: Asked
  readonly #request: Buffer
  readonly took: number[] = []

  constructor(asked: Asked) {
    this.#asked = asked
    const lines = Object.entries({ host: 'app.example.com', ...asked.headers })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    this.#request = Buffer.from(`GET /checked HTTP/1.1\r\n${head}\r\n`)
  }

  async ask(): Promise<void> {
    const socket = this.#idle.pop() ?? (await this.#open())
    const start = performance.now()
    socket.write(this.#request)
    const text = await new Promise<string>((resolve, reject) => {
      const left = () => reject(new Error('the server closed the connection'))
      socket.once('close', left).once('data', (data) => {
        socket.off('close', left)
        resolve(data.toString('latin1'))
      })
    })
    this.took.push(performance.now() - start)
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(text.slice(0, 400))
    this.#idle.push(socket)
  }

  #open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#asked.port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject).once('connect', () => resolve(socket))
      // A server closes what has not been used for some seconds.
      socket.once('close', () => {
        const index = this.#idle.indexOf(socket)
        if (index >= 0) this.#idle.splice(index, 1)
      })
    })
  }
}

const lines = new Map<string, Line>()

async function ask({ targets, perSecond, seconds }: Asking): Promise<Answers> {
  for (const target of targets) {
    if (!lines.has(target.name)) lines.set(target.name, new Line(target))
  }
  const asked = [...lines.values()]
  for (const line of asked) line.took.length = 0
  const begin = performance.now()
  const pending: Promise<void>[] = []
  for (let n = 0; n < perSecond * seconds * asked.length; n++) {
    const due = begin + (n * 1000) / (perSecond * asked.length)
    const early = due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    pending.push(asked[n % asked.length]?.ask() ?? Promise.resolve())
  }
  await Promise.all(pending)
  return Object.fromEntries([...lines].map(([name, { took }]) => [name, [...took]]))
}

process.on('message', async (message: Asking) => {
  process.send?.(await ask(message))
})

// Whoever started it has ended.
process.once('disconnect', () => process.exit())
