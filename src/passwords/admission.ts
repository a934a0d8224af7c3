/**
 * Bounded concurrency with a bounded queue: work is admitted, not piled up.
 *
 * A flood of logins fills this queue and is told to come back; the event loop, the thread pool and
 * everybody else's requests stay free. A flood from one network fills half of it, so that others
 * still get in.
 */
import { Deadlines, type Waiting as Timed } from '../deadlines.ts'
import { AuthError, connectionLost } from '../errors.ts'

export interface AdmissionOptions {
  readonly concurrency: number
  readonly maxQueued: number
  /**
   * How long work may wait for its turn, in milliseconds. It is refused at once where the estimate
   * is longer, by what the last works took, and after this time where the estimate was too short.
   * Default: no limit.
   */
  readonly maxWaitMs?: number
  /** A steady one, in milliseconds. Default: the platform's. */
  readonly clock?: () => number
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
 *   full of the caller's network, and after `maxWaitMs` in it; `connection_lost` (400) when the
 *   signal aborts before the work has started. Started work runs to its end.
 */
export interface Admit {
  <Value>(work: () => Promise<Value>, caller?: Caller): Promise<Value>

  /**
   * Throws if the work would be refused at this moment, so that nothing is prepared in vain.
   *
   * @throws AuthError `overloaded` (503).
   */
  refuseIfFull(caller?: Caller): void
}

interface Waiting extends Timed {
  readonly isKnown: boolean
  readonly network: string | null
  start(): void
}

export function admission({
  concurrency,
  maxQueued,
  maxWaitMs = Number.POSITIVE_INFINITY,
  clock = () => performance.now(),
}: AdmissionOptions): Admit {
  const deadlines = Number.isFinite(maxWaitMs) ? new Deadlines(maxWaitMs) : null
  const queue = new Set<Waiting>()
  let running = 0
  let inARow = 0
  /** What a work takes here and now: a moving average, in milliseconds. */
  let meanDuration = 250
  let isMeasured = false
  let begun = 0

  function measured(duration: number): void {
    meanDuration = isMeasured ? meanDuration * 0.9 + duration * 0.1 : duration
    isMeasured = true
  }

  function release(): void {
    running--
    const [first] = queue
    const isStrangersTurn = inARow >= knownInARow
    const next = [...queue].find(({ isKnown }) => isKnown !== isStrangersTurn) ?? first
    if (!next) return
    inARow = next.isKnown ? inARow + 1 : 0
    next.start()
  }

  /**
   * When those who wait now will have had their turn.
   *
   * @param waitedMs How long somebody has waited in vain, whatever the estimate was.
   */
  function overloaded(waitedMs = 0): AuthError {
    const estimateMs = (meanDuration * (queue.size + 1)) / concurrency
    const seconds = Math.ceil(Math.max(estimateMs, waitedMs) / 1000)
    return new AuthError('overloaded', 'The server is busy. Try again shortly.', {
      headers: { 'Retry-After': String(Math.min(30, Math.max(1, seconds))) },
    })
  }

  function isFull(network: string | null, isKnown: boolean): boolean {
    let alike = 0
    let neighbours = 0
    for (const waiting of queue) {
      if (waiting.isKnown !== isKnown) continue
      alike++
      if (waiting.network === network) neighbours++
    }
    const others = queue.size - alike
    // In between come those who have their turn before, or in spite, of those who are known.
    const between = isKnown ? Math.floor(alike / knownInARow) : knownInARow * (alike + 1)
    const ahead = alike + Math.min(others, between)
    // However long a work takes, one for each that runs may wait.
    const inTime = Math.max(concurrency, Math.floor((maxWaitMs * concurrency) / meanDuration))
    const share = Math.ceil(Math.min(maxQueued, inTime) / 2)
    const isCrowded = network !== null && neighbours >= share
    return alike >= maxQueued || ahead >= inTime || isCrowded
  }

  function refuseIfFull({ network = null, isKnown = false }: Caller = {}): void {
    if (running >= concurrency && isFull(network, isKnown)) throw overloaded()
  }

  function turn(caller: Caller): Promise<void> {
    refuseIfFull(caller)
    if (running < concurrency) {
      running++
      return Promise.resolve()
    }
    const { signal, network = null, isKnown = false } = caller
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        isKnown,
        network,
        until: 0,
        start() {
          done()
          running++
          resolve()
        },
        late() {
          done()
          reject(overloaded(maxWaitMs))
        },
      }
      function done(): void {
        signal?.removeEventListener('abort', leave)
        deadlines?.end(waiting)
        queue.delete(waiting)
      }
      function leave(): void {
        done()
        reject(connectionLost(signal?.reason))
      }
      signal?.addEventListener('abort', leave, { once: true })
      queue.add(waiting)
      deadlines?.begin(waiting)
    })
  }

  async function admit<Value>(work: () => Promise<Value>, caller: Caller = {}): Promise<Value> {
    if (caller.signal?.aborted) throw connectionLost(caller.signal.reason)
    await turn(caller)
    // The first work of a thread starts it and loads code: that says nothing of the next.
    const isCold = begun++ < concurrency
    const startedAt = clock()
    try {
      return await work()
    } finally {
      if (!isCold) measured(clock() - startedAt)
      release()
    }
  }

  return Object.assign(admit, { refuseIfFull })
}
