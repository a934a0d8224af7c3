/**
 * Notices that a storage went back in time: it was restored from a snapshot, lost its last moments
 * in a failover, or was emptied. What had been logged out or used up since may live again then.
 *
 * Each process counts in the storage, under a key of its own, and remembers how far it got. A count
 * that is less than the one before was lost. What ends the logins from before, where that is asked
 * for, is their generation: a random name in the storage that is part of their keys. Each process
 * reads it with every count; after a rollback it gets another one, and what has the earlier one is
 * found no more.
 */
import { type Random, randomToken } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { Storage } from './storage.ts'

/** How often a process that is used counts, in milliseconds. */
const intervalMs = 5000

/** Seconds for which a count is kept; a process that was idle for half of it begins anew. */
const countTtl = 86_400

/** Seconds: for ever, as far as a login goes. */
const generationTtl = 315_360_000

export interface CanaryParts {
  readonly namespace: string
  readonly clock: () => number
  readonly random: Random
  readonly emit: EventListener
  /** What becomes of the logins from before. */
  readonly mode: 'report' | 'end_logins'
}

interface Count {
  readonly reached: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

export class Canary {
  readonly #parts: CanaryParts
  /** Not drawn before it is needed. */
  #process: string | undefined
  #last: Count | null = null
  #dueAt = 0
  #generation: string | null | undefined

  constructor(parts: CanaryParts) {
    this.#parts = parts
  }

  /** Names the logins that count; empty before there was a rollback. */
  get generation(): string {
    return this.#generation ?? ''
  }

  /** Whether logins may be looked for: what generation they have is known, or does not matter. */
  get isReady(): boolean {
    return this.#parts.mode === 'report' || this.#generation !== undefined
  }

  /** Whether it is time to look again. Asked at every operation. */
  isDue(): boolean {
    const now = this.#parts.clock()
    // A clock that was set back must not put it off.
    return now >= this.#dueAt || now < this.#dueAt - intervalMs
  }

  /** Looks once. Rejects when the storage does not answer. */
  async look(storage: Storage): Promise<void> {
    const { clock, mode, emit } = this.#parts
    const now = clock()
    this.#dueAt = now + intervalMs
    const last = this.#last
    const reached = await storage.increment(this.#countKey(), countTtl, { slide: true })
    this.#last = { reached, at: now }
    const wasIdle = last !== null && Math.abs(now - last.at) > (countTtl * 1000) / 2
    const isRolledBack = last !== null && !wasIdle && reached <= last.reached
    if (mode === 'end_logins') await this.#learn(storage, isRolledBack ? last.at : null)
    if (isRolledBack) emit({ name: 'storage.rolled_back', endedLogins: mode === 'end_logins' })
  }

  /**
   * Reads the generation; after a rollback makes another one, unless somebody else has since this
   * process last counted.
   */
  async #learn(storage: Storage, lastCountAt: number | null): Promise<void> {
    const key = `${this.#parts.namespace}:generation`
    const stored = await storage.get(key)
    const isKnown = lastCountAt === null || (stored !== null && madeAt(stored) > lastCountAt)
    if (isKnown) {
      this.#generation = stored
      return
    }
    const made = `${this.#parts.clock().toString(36)}.${randomToken(this.#parts.random, 6)}`
    const isMine =
      stored === null
        ? await storage.add(key, made, generationTtl)
        : await storage.replace(key, made, generationTtl, stored)
    // Where it is not, another process was first.
    this.#generation = isMine ? made : await storage.get(key)
  }

  #countKey(): string {
    this.#process ??= randomToken(this.#parts.random, 12)
    return `${this.#parts.namespace}:canary:${this.#process}`
  }
}

/** Milliseconds since the epoch. */
function madeAt(generation: string): number {
  return Number.parseInt(generation, 36)
}
