/**
 * A process that floods a server with logins, each from a network of its own, whether or not others
 * are answered.
 */
import { Agent, request } from 'node:http'

export interface Flood {
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
}

export interface LoginAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** From the request to the answer, in milliseconds. */
  readonly milliseconds: number
  /** After the flood began, in milliseconds. */
  readonly end: number
}

const agent = new Agent({ keepAlive: true })
const body = JSON.stringify({ username: 'ann', password: 'correct horse battery' })
let network = 0

function logIn(port: number, begin: number): Promise<LoginAnswer> {
  const start = performance.now()
  const n = network++
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-forwarded-for': `10.${(n >> 8) & 255}.${n & 255}.1`,
  }
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method: 'POST', path: '/login', agent, headers }
    const sent = request(options, (answer) => {
      answer.resume().once('end', () => {
        const now = performance.now()
        resolve({
          status: answer.statusCode ?? 0,
          retryAfter: answer.headers['retry-after'],
          milliseconds: now - start,
          end: now - begin,
        })
      })
    })
    sent.once('error', reject).end(body)
  })
}

async function flood({ port, perSecond, seconds }: Flood): Promise<LoginAnswer[]> {
  const begin = performance.now()
  const pending: Promise<LoginAnswer>[] = []
  for (let n = 0; n < perSecond * seconds; n++) {
    const early = begin + (n * 1000) / perSecond - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    pending.push(logIn(port, begin))
  }
  return Promise.all(pending)
}

process.on('message', async (message: Flood) => {
  process.send?.(await flood(message))
})

// Whoever started it has ended.
process.once('disconnect', () => process.exit())
