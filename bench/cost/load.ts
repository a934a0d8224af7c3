/** Requests over sockets that stay open, as cheap to send as can be. */
import { connect, type Socket } from 'node:net'

export interface Target {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
}

const connections = 8

/** Keeps `connections` requests under way until `requests` are answered, all of them with 200. */
export async function load({ port, headers }: Target, requests: number): Promise<void> {
  const lines = Object.entries({ host: 'app.example.com', ...headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const request = Buffer.from(`GET /checked HTTP/1.1\r\n${head}\r\n`)
  let left = requests
  const sockets: Socket[] = []
  const worker = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      sockets.push(socket)
      let text = ''
      const next = () => {
        if (left-- <= 0) resolve()
        else socket.write(request)
      }
      socket.setEncoding('latin1')
      socket.once('connect', next).once('error', reject)
      socket.on('data', (data) => {
        text += data
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
        if (text.length < end + 4 + length) return
        if (!text.startsWith('HTTP/1.1 200')) reject(new Error(text.slice(0, 400)))
        text = ''
        next()
      })
    })
  try {
    await Promise.all(Array.from({ length: Math.min(connections, requests) }, worker))
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

export interface Pace {
  readonly seconds: number
  readonly perSecond: number
  readonly method?: 'GET' | 'POST'
  readonly path?: string
}

export interface Timed {
  readonly status: number
  readonly milliseconds: number
  /** After the first was sent, in milliseconds. */
  readonly end: number
  readonly text: string
}

/** So many requests per second, each on a connection of its own, whether or not others answer. */
export async function timedLoad(
  { port, headers }: Target,
  { seconds, perSecond, method = 'GET', path = '/checked' }: Pace,
): Promise<Timed[]> {
  const begin = performance.now()
  const body =
    method === 'POST'
      ? JSON.stringify({ username: 'ann', password: 'correct horse battery' })
      : undefined
  const one = async (n: number): Promise<Timed> => {
    const due = (n * 1000) / perSecond
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, begin + due - performance.now())),
    )
    const start = performance.now()
    const address = `10.${(n >> 8) & 255}.${n & 255}.1`
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { ...headers, 'x-forwarded-for': address },
      ...(body === undefined ? {} : { body }),
    })
    await answer.arrayBuffer()
    const now = performance.now()
    const text = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
    return { status: answer.status, milliseconds: now - start, end: now - begin, text }
  }
  return Promise.all(Array.from({ length: Math.ceil(seconds * perSecond) }, (_, n) => one(n)))
}
