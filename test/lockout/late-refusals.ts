/**
 * Refusals of a locked network leave two seconds late. Tests do not wait: the moment comes at once,
 * or when a test says so.
 */
import { vi } from 'vitest'

const lateMs = 2000

export interface LateRefusals {
  /** From now on they wait for `release`. */
  hold(): void
  /** The moment has come for all that wait, and comes at once for others. */
  release(): void
  /** Resolves once one waits. */
  waits(): Promise<void>
  /** What an attempt comes to before any refusal leaves. */
  before<Value>(attempt: () => Promise<Value>): Promise<Value>
}

/** Undone after each test, as all globals are. */
export function lateRefusals(): LateRefusals {
  const timeout = globalThis.setTimeout
  const waiting: (() => void)[] = []
  let isHeld = false
  vi.stubGlobal('setTimeout', (run: () => void, ms?: number, ...rest: unknown[]) => {
    if (ms !== lateMs) return timeout(run, ms, ...rest)
    if (!isHeld) return timeout(run, 0)
    waiting.push(run)
    return undefined
  })
  const hold = () => {
    isHeld = true
  }
  const release = () => {
    isHeld = false
    for (const run of waiting.splice(0)) run()
  }
  return {
    hold,
    release,
    async waits() {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    async before(attempt) {
      hold()
      const value = await attempt()
      release()
      return value
    },
  }
}
