/**
 * Work that an answer does not wait for: messages, and hooks whose outcome would tell a stranger
 * something.
 *
 * It begins when the answer has been made, so that no answer takes longer for it. A platform that
 * stops a program with its answer is told to wait (`waitUntil`), and `auth.close()` waits within a
 * bound. What fails here is an event, never silence.
 */
import type { EventListener } from './events.ts'

/** Has the platform wait for work that goes on after the answer, as Cloudflare's `waitUntil`. */
export type WaitUntil = (work: Promise<unknown>) => void

export class Afterwards {
  readonly #emit: EventListener
  readonly #running: Set<Promise<void>> = new Set()
  readonly #wakers: Set<() => void> = new Set()
  #isClosing = false

  constructor(emit: EventListener) {
    this.#emit = emit
  }

  /** Whether pauses are over: what is left to do is done now or not at all. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  /** @param name Names the work in the event that tells of its failure. */
  run(name: string, work: () => Promise<void>, waitUntil?: WaitUntil): void {
    const running = new Promise<void>((resolve) => setTimeout(resolve, 0))
      .then(work)
      .catch((error: unknown) => this.#emit({ name: 'background.failed', work: name, error }))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    try {
      waitUntil?.(running)
    } catch (error) {
      // A platform that will not wait: the work still runs for as long as the process does.
      this.#emit({ name: 'background.failed', work: 'waitUntil', error })
    }
  }

  /** Waits for a time, or until it is closing. */
  async pause(seconds: number): Promise<void> {
    if (this.#isClosing) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, seconds * 1000)
      this.#wakers.add(wake)
    })
  }

  /** Resolves when nothing is left to do, what was begun meanwhile among it. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Ends all pauses and waits for what is left, for so long at most. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true
    for (const wake of [...this.#wakers]) wake()
    if (this.#running.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs)
    })
    const outcome = await Promise.race([this.settled(), late])
    clearTimeout(timer)
    if (outcome !== 'late') return
    const error = new Error(`${this.#running.size} tasks were given up after ${timeoutMs} ms`)
    this.#emit({ name: 'background.failed', work: 'close', error })
  }
}
