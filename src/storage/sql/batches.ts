/**
 * Operations on one key that arrive at the same time share one read and one write. Each gets the
 * answer that it would have got if they had come one after the other.
 *
 * So a flood at one key costs a few statements only. If each operation waited for the one before,
 * the last ones would time out, and a rate limit that times out lets requests through.
 */
import { Deadlines } from '../../deadlines.ts'
import type { Decide } from './state.ts'

/** Settles all at once, in their order. */
export type Settle = (
  key: string,
  decisions: readonly Decide<unknown>[],
  hasTime: () => boolean,
) => Promise<readonly unknown[]>

interface Waiting {
  readonly decide: Decide<unknown>
  /** Whether somebody still waits for the answer. */
  readonly hasTime: () => boolean
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** How many are settled by one statement. */
const most = 256

export class Batches {
  readonly #settle: Settle
  readonly #patience: Deadlines
  readonly #waiting: Map<string, Waiting[]> = new Map()

  /**
   * @param patienceMs For how long those that came later wait for the ones before. Then they are
   *   settled beside them: what is written is written only over what was read, so that both may be
   *   under way, and one silent connection does not close a key.
   */
  constructor(settle: Settle, patienceMs: number) {
    this.#settle = settle
    this.#patience = new Deadlines(patienceMs)
  }

  run<Answer>(key: string, decide: Decide<Answer>, hasTime: () => boolean): Promise<Answer> {
    return new Promise<unknown>((resolve, reject) => {
      const waiting = this.#waiting.get(key)
      const mine: Waiting = { decide, hasTime, resolve, reject }
      if (waiting) waiting.push(mine)
      else void this.#work(key, [mine])
    }) as Promise<Answer>
  }

  async #work(key: string, waiting: Waiting[]): Promise<void> {
    this.#waiting.set(key, waiting)
    while (waiting.length > 0) {
      // An operation that has already timed out must not be counted afterwards.
      const batch = waiting.splice(0, most).filter(({ hasTime }) => hasTime())
      if (batch.length === 0) continue
      const settled = this.#settleAll(key, batch)
      await this.#patience.within(settled, () => new Error('others wait')).catch(() => undefined)
    }
    this.#waiting.delete(key)
  }

  /** Never rejects. */
  async #settleAll(key: string, batch: readonly Waiting[]): Promise<void> {
    const decisions = batch.map(({ decide }) => decide)
    const hasTime = () => batch.some((one) => one.hasTime())
    try {
      const answers = await this.#settle(key, decisions, hasTime)
      batch.forEach(({ resolve }, n) => {
        resolve(answers[n])
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
