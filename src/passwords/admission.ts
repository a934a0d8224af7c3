/**
 * Bounded concurrency with a bounded queue: work is admitted, not piled up.
 *
 * A flood of logins fills this queue and is told to come back; the event loop, the thread pool and
 * everybody else's requests stay free. A flood from one network fills half of it, so that others
 * still get in.
 */
import { AuthError, connectionLost } from '../errors.ts'

export interface AdmissionOptions {
  readonly concurrency: number
  readonly maxQueued: number
  readonly clock: () => number
}

/** For whom work is done. */
export interface Caller {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
  /** Where the request comes from; `null` when that is unknown, and then nobody shares it. */
  readonly network?: string | null
  /** A known device, or a live login: it goes before strangers, who cannot fill its places. */
  readonly isKnown?: boolean
}

/** Of those who are known, so many in a row go before a stranger who waits. */
const knownInARow = 3

/**
 * Runs the work when its turn comes: those who are known first, then first come first served. While
 * both wait every fourth turn is a stranger's: whoever has accounts enough to be known by could
 * keep everybody else out.
 *
 * @throws AuthError `overloaded` (503 with Retry-After) at once when the queue is full, or half
 *   full of the caller's network; `connection_lost` (400) when the signal aborts before the work
 *   has started. Started work runs to its end.
 */
export type Admit = <Value>(work: () => Promise<Value>, caller?: Caller) => Promise<Value>

interface Waiting {
  readonly isKnown: boolean
  readonly network: string | null
  start(): void
}

export function admission({ concurrency, maxQueued, clock }: AdmissionOptions): Admit {
  const queue = new Set<Waiting>()
  const share = Math.ceil(maxQueued / 2)
  let running = 0
  let inARow = 0
  /** A moving average, in milliseconds, for Retry-After only. */
  let meanDuration = 250

  function release(): void {
    running--
    const [first] = queue
    const isStrangersTurn = inARow >= knownInARow
    const next = [...queue].find(({ isKnown }) => isKnown !== isStrangersTurn) ?? first
    if (!next) return
    inARow = next.isKnown ? inARow + 1 : 0
    queue.delete(next)
    next.start()
  }

  function overloaded(): AuthError {
    const seconds = Math.ceil((meanDuration * (queue.size + 1)) / concurrency / 1000)
    return new AuthError('overloaded', 'The server is busy. Try again shortly.', {
      headers: { 'Retry-After': String(Math.min(30, Math.max(1, seconds))) },
    })
  }

  function isCrowdedBy(network: string | null, isKnown: boolean): boolean {
    if (network === null || queue.size < share) return false
    const alike = [...queue].filter((waiting) => waiting.isKnown === isKnown)
    return alike.filter((waiting) => waiting.network === network).length >= share
  }

  function turn({ signal, network = null, isKnown = false }: Caller): Promise<void> {
    if (running < concurrency) {
      running++
      return Promise.resolve()
    }
    const alike = [...queue].filter((waiting) => waiting.isKnown === isKnown)
    if (alike.length >= maxQueued || isCrowdedBy(network, isKnown)) throw overloaded()
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        isKnown,
        network,
        start() {
          signal?.removeEventListener('abort', leave)
          running++
          resolve()
        },
      }
      function leave(): void {
        queue.delete(waiting)
        reject(connectionLost(signal?.reason))
      }
      signal?.addEventListener('abort', leave, { once: true })
      queue.add(waiting)
    })
  }

  return async (work, caller = {}) => {
    if (caller.signal?.aborted) throw connectionLost(caller.signal.reason)
    await turn(caller)
    const startedAt = clock()
    try {
      return await work()
    } finally {
      meanDuration = meanDuration * 0.9 + (clock() - startedAt) * 0.1
      release()
    }
  }
}
