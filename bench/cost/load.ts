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
