/**
 * Commands and scripts, within a time limit.
 *
 * A server that is paused or unreachable keeps its connection for minutes, and clients queue what
 * they cannot send. Here every operation ends within its limit; one that nobody waits for any more
 * is not sent; and when a whole limit has passed without any answer, the server counts as silent:
 * operations are then refused at once, but for one from time to time that asks again.
 */
import { Deadlines } from '../../deadlines.ts'
import { Silence } from '../../silence.ts'
import type { Connection } from './clients.ts'
import { failure, RedisStorageError, replyCode } from './error.ts'
import type { Script } from './scripts.ts'

/** How many operations may be under way, whether or not anybody still waits for them. */
const maxPending = 10_000

/** For how long a connection may be silent before it is replaced. */
const renewAfterMs = 5000

type Work = (isOver: () => boolean) => Promise<unknown>

export class Commands {
  readonly #connection: Connection
  readonly #deadlines: Deadlines
  readonly #silence: Silence = new Silence()
  #pending = 0
  #renewsAt = 0

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection
    this.#deadlines = new Deadlines(timeoutMs)
  }

  /** Sends one command. @throws RedisStorageError within the limit, whatever goes wrong. */
  send(key: string, command: readonly string[], limitMs?: number): Promise<unknown> {
    const deadlines = limitMs === undefined ? undefined : new Deadlines(limitMs)
    return this.#within(() => this.#connection.send(key, command), deadlines)
  }

  /** Runs a script on one key; a server that does not know it (any more) is told its source. */
  run(script: Script, key: string, ...args: readonly string[]): Promise<unknown> {
    return this.#within(async (isOver) => {
      const send = (command: string, what: string) =>
        this.#connection.send(key, [command, what, '1', key, ...args])
      try {
        return await send('EVALSHA', script.sha1)
      } catch (error) {
        if (replyCode(error) !== 'NOSCRIPT' || isOver()) throw error
        return send('EVAL', script.source)
      }
    })
  }

  #within(work: Work, deadlines: Deadlines = this.#deadlines): Promise<unknown> {
    const startedAt = performance.now()
    const refusal = this.#refusal(startedAt)
    if (refusal) return Promise.reject(refusal)
    this.#pending++
    return new Promise((resolve, reject) => {
      let isOver = false
      const waiting = {
        until: 0,
        late: () => {
          isOver = true
          reject(this.#timedOut(startedAt, deadlines.timeoutMs))
        },
      }
      deadlines.begin(waiting, startedAt)
      const end = () => {
        this.#pending--
        deadlines.end(waiting)
        isOver = true
      }
      this.#perform(work, () => isOver).then(
        (reply) => {
          this.#silence.heard()
          end()
          resolve(reply)
        },
        (error: unknown) => {
          const code = replyCode(error)
          if (code) this.#silence.heard()
          // A primary that has become a replica keeps its connections.
          if (code === 'READONLY') this.#renew(performance.now())
          end()
          reject(failure(error))
        },
      )
    })
  }

  #perform(work: Work, isOver: () => boolean): Promise<unknown> {
    try {
      const ready = this.#connection.ready()
      return ready ? this.#performOnce(ready, work, isOver) : work(isOver)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #performOnce(ready: Promise<void>, work: Work, isOver: () => boolean): Promise<unknown> {
    await ready
    if (isOver()) throw new RedisStorageError('TIMEOUT', 'Redis: given up before it was sent')
    return work(isOver)
  }

  /** Why an operation is not even tried. */
  #refusal(now: number): RedisStorageError | undefined {
    if (this.#pending >= maxPending) {
      return new RedisStorageError('OVERLOADED', `Redis: ${maxPending} operations are under way`)
    }
    const silentMs = this.#silence.refuses(now)
    if (silentMs === null) return undefined
    return this.#unanswered('SILENT', `no answer for ${(silentMs / 1000).toFixed(1)} s`)
  }

  #timedOut(startedAt: number, limitMs: number): RedisStorageError {
    const silentMs = this.#silence.missed(startedAt)
    if (silentMs !== null && silentMs >= renewAfterMs) this.#renew(performance.now())
    return this.#unanswered('TIMEOUT', `no answer within ${limitMs} ms`)
  }

  #renew(now: number): void {
    if (now < this.#renewsAt) return
    this.#renewsAt = now + renewAfterMs
    this.#connection.renew?.()
  }

  #unanswered(code: 'TIMEOUT' | 'SILENT', message: string): RedisStorageError {
    const trouble = this.#connection.trouble?.()
    return new RedisStorageError(code, `Redis: ${message}${trouble ? ` (${trouble})` : ''}`)
  }
}
