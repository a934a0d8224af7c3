/**
 * The storage port in one table of a database, for those who have no other server.
 *
 * Every operation is one statement, or a reading and a write that happens only if nobody wrote in
 * between, repeated until it does. No transaction is held, so a process that dies halfway leaves
 * nothing locked. Within a process the operations on one key are decided together, so that only
 * processes compete.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Deadlines } from '../../deadlines.ts'
import { type Eventually, eitherWay, isPromise } from '../../eventually.ts'
import { type Declaration, declareOptions, type Settled, settled } from '../../options/declare.ts'
import { timeout } from '../../options/durations.ts'
import { type GivenUp, WaitingLine } from '../../waiting-line.ts'
import { inLists } from '../many.ts'
import type { IncrementOptions, Spending, Storage } from '../storage.ts'
import { Batches, type Settle } from './batches.ts'
import { SqlStorageError, StatementConflict, StatementOutage } from './error.ts'
import { type HasTime, Rows, type TimedRunner, valueIn } from './rows.ts'
import * as state from './state.ts'
import type { StatementRunner } from './statement.ts'

/** The options of a storage in a database table. */
export interface SqlStorageOptions {
  /**
   * Within how many milliseconds an operation has its answer or is rejected.
   * Default 2000.
   */
  timeoutMs?: number
}

export const sqlStorageOptions: Declaration<Settled<SqlStorageOptions>> = declareOptions({
  timeoutMs: timeout(2000, { max: 60_000 }),
})

/** For adapters. @throws ConfigurationError for an option that is not what it should be. */
export function sqlStorage(runner: StatementRunner, options: SqlStorageOptions): Storage {
  const { timeoutMs } = settled(sqlStorageOptions, options, 'storage')
  return new SqlStorage(runner, timeoutMs)
}

/** How many rows one statement is about, where it is about many. */
const mostInList = 256

/** A purge follows every so many writes, and takes at most so many rows. */
const writesPerPurge = 64
const rowsPerPurge = 200

/** How often a write is retried when another write came first; each time one of them succeeds. */
const maxTries = 200

/** For how long at most it waits where the database itself gave it up. */
const maxPauseMs = 10

/** How many statements are under way at once, where the size of the pool is not known. */
const mostAtOnce = 100

/** The part of its time limit for which an operation waits for those before it at the same key. */
const patience = 1 / 4

class SqlStorage implements Storage {
  readonly name: string = 'sql'
  readonly shared: boolean = true
  readonly warnings: readonly string[]
  readonly #rows: Rows
  readonly timeoutMs: number
  readonly #deadlines: Deadlines
  readonly #batches: Batches
  #writes = 0
  #purging: Promise<unknown> | null = null

  constructor(runner: StatementRunner, timeoutMs: number) {
    this.#rows = new Rows(inLine(runner, timeoutMs), runner)
    this.timeoutMs = timeoutMs
    this.#deadlines = new Deadlines(timeoutMs)
    this.warnings = runner.pool?.warnings ?? []
    this.#batches = new Batches(settler(this.#rows), Math.ceil(timeoutMs * patience))
  }

  /**
   * What every check of a session asks: one statement, which the line answers in time. Only one
   * that is to be repeated needs a bound of its own.
   */
  get(key: string): Promise<string | null> {
    const startedAt = performance.now()
    const found = eitherWay(
      () => this.#rows.find(key),
      valueIn,
      (error) => this.#valueAfter(error, key, startedAt),
    )
    return isPromise(found) ? (found as Promise<string | null>) : Promise.resolve(found)
  }

  async #valueAfter(error: unknown, key: string, startedAt: number): Promise<string | null> {
    const leftMs = startedAt + this.timeoutMs - performance.now()
    if (!(error instanceof StatementConflict) || leftMs <= 0) throw error
    const hasTime = () => performance.now() < startedAt + this.timeoutMs
    const again = untilDone((isWanted) => this.#rows.find(key, isWanted), hasTime)
    return valueIn(await new Deadlines(leftMs).within(again, () => this.#lateError()))
  }

  #lateError(): Error {
    const message = `the storage's database did not answer in ${this.timeoutMs} ms`
    return new SqlStorageError(message, 'TIMEOUT')
  }

  set(key: string, value: string, ttlSeconds: number): Promise<void> {
    return this.#write((hasTime) => this.#rows.put(key, value, milliseconds(ttlSeconds), hasTime))
  }

  add(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    return this.#write((hasTime) =>
      this.#rows.insert(key, value, milliseconds(ttlSeconds), hasTime),
    )
  }

  replace(key: string, value: string, ttlSeconds: number, expected?: string): Promise<boolean> {
    const ttl = milliseconds(ttlSeconds)
    if (expected === undefined) {
      return this.#write((hasTime) => this.#rows.update(key, value, { ttl }, undefined, hasTime))
    }
    return this.#decide(key, (row) =>
      row?.value === expected
        ? { answer: true, write: { value, ttl } }
        : { answer: false, write: null },
    )
  }

  take(key: string): Promise<string | null> {
    return this.#decide(key, (row) => ({
      answer: row?.value ?? null,
      write: row ? 'remove' : null,
    }))
  }

  delete(key: string): Promise<boolean> {
    return this.#write((hasTime) => this.#rows.remove(key, undefined, hasTime))
  }

  increment(
    key: string,
    ttlSeconds: number,
    { by = 1, slide = false }: IncrementOptions = {},
  ): Promise<number> {
    return this.#decide(key, (row) =>
      state.increment(row, { by, slide, ttl: milliseconds(ttlSeconds) }),
    )
  }

  count(key: string): Promise<number> {
    return this.#inTime(async (hasTime) => {
      const { row } = await this.#rows.read(key, hasTime)
      return state.numberOf(row) ?? 0
    })
  }

  spend(key: string, limit: number, periodSeconds: number): Promise<Spending> {
    return this.#decide(key, (row, now) => state.spend(row, now, limit, periodSeconds * 1000))
  }

  giveBack(key: string, limit: number, periodSeconds: number): Promise<void> {
    return this.#decide(key, (row, now) => state.giveBack(row, now, limit, periodSeconds * 1000))
  }

  indexAdd(owner: string, member: string, ttlSeconds: number, limit?: number): Promise<string[]> {
    const ttl = milliseconds(ttlSeconds)
    return this.#decide(owner, (row, now) => state.indexAdd(row, now, member, ttl, limit))
  }

  indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean> {
    const ttl = milliseconds(ttlSeconds)
    return this.#decide(owner, (row, now) => state.indexRenew(row, now, member, ttl))
  }

  async indexRemove(owner: string, member: string): Promise<void> {
    await this.indexRemoveMany(owner, [member])
  }

  indexRemoveMany(owner: string, members: readonly string[]): Promise<string[]> {
    return this.#decide(owner, (row, now) => state.indexRemove(row, now, members))
  }

  async getMany(keys: readonly string[]): Promise<(string | null)[]> {
    const lists = inLists(keys, mostInList).map((some) =>
      this.#inTime((hasTime) => this.#rows.readMany(some, hasTime)),
    )
    return (await Promise.all(lists)).flat()
  }

  async deleteMany(keys: readonly string[]): Promise<number> {
    const lists = inLists(keys, mostInList).map((some) =>
      this.#write((hasTime) => this.#rows.removeMany(some, hasTime)),
    )
    return (await Promise.all(lists)).reduce((sum, count) => sum + count, 0)
  }

  indexMembers(owner: string): Promise<string[]> {
    return this.#inTime(async (hasTime) => {
      const { row, now } = await this.#rows.read(owner, hasTime)
      return state.membersOf(row, now).map(([member]) => member)
    })
  }

  /** Asks the database once, so that a wrong table or a lost connection shows at the start. */
  async init(): Promise<void> {
    await this.get('crudauth:init')
  }

  /**
   * Waits for what runs in the background, `timeoutMs` at most; the connection is the
   * application's.
   */
  async close(): Promise<void> {
    await this.#purging
  }

  #decide<Answer>(key: string, decide: state.Decide<Answer>): Promise<Answer> {
    return this.#write((hasTime) => this.#batches.run(key, decide, hasTime))
  }

  #write<Answer>(work: (hasTime: HasTime) => Promise<Answer>): Promise<Answer> {
    this.#writes++
    if (this.#writes % writesPerPurge === 0) this.#purge()
    return this.#inTime(work)
  }

  /** In the background, one at a time, and never in anybody's way: what fails is left for later. */
  #purge(): void {
    this.#purging ??= this.#rows
      .purge(rowsPerPurge)
      .catch(() => undefined)
      .finally(() => {
        this.#purging = null
      })
  }

  #inTime<Answer>(work: (hasTime: HasTime) => Eventually<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let hasTime = true
      const waiting = {
        until: 0,
        late: () => {
          hasTime = false
          reject(this.#lateError())
        },
      }
      this.#deadlines.begin(waiting)
      const stillHasTime = () => hasTime
      const answered = (answer: Answer) => {
        this.#deadlines.end(waiting)
        resolve(answer)
      }
      const failed = (error: unknown) => {
        this.#deadlines.end(waiting)
        reject(error)
      }
      // Late answers and failures are ignored: the caller has already been told that it failed.
      Promise.resolve(work(stillHasTime)).then(answered, (error: unknown) => {
        if (!(error instanceof StatementConflict) || !hasTime) return failed(error)
        untilDone(work, stillHasTime).then(answered, failed)
      })
    })
  }
}

/** Every statement is answered, or rejected, in time; and no more are under way than may be. */
function inLine(runner: StatementRunner, timeoutMs: number): TimedRunner {
  const errorOf = ({ reason, message }: GivenUp) =>
    new SqlStorageError(`the storage's database: ${message}`, codes[reason])
  const isOutage = (error: unknown) => error instanceof StatementOutage
  const limits = { timeoutMs, atOnce: runner.pool?.size ?? mostAtOnce }
  const line = new WaitingLine(limits, errorOf, isOutage)
  return {
    prepare(statement, columns) {
      const ask = runner.prepare(statement, columns)
      return (parameters, hasTime) => line.run(() => ask(parameters), hasTime)
    },
    write: (statement, hasTime) => line.run(() => runner.write(statement), hasTime),
  }
}

const codes = { late: 'TIMEOUT', silent: 'SILENT', overloaded: 'OVERLOADED' } as const

/** Reads, decides, writes what was decided, and does it again when somebody else wrote first. */
function settler(rows: Rows): Settle {
  return async (key, decisions, hasTime) => {
    for (let tries = 0; tries < maxTries && hasTime(); tries++) {
      const { row, now } = await rows.read(key, hasTime)
      if (!hasTime()) break
      const { answer, write } = state.decideAll(row, now, decisions)
      if (write === null) return answer
      const done =
        write === 'remove'
          ? await rows.remove(key, row?.version, hasTime)
          : row === null
            ? await rows.insert(key, write.value, lifetimeFrom(write, now), hasTime)
            : await rows.update(key, write.value, write, row.version, hasTime)
      if (done) return answer
    }
    throw new SqlStorageError('too many others wrote to the same row of the storage', 'CONFLICT')
  }
}

/**
 * Does the work again for as long as there is time, where the database gave it up for another's
 * sake.
 */
async function untilDone<Answer>(
  work: (hasTime: HasTime) => Eventually<Answer>,
  hasTime: HasTime,
): Promise<Answer> {
  for (;;) {
    await wait(Math.random() * maxPauseMs)
    try {
      return await work(hasTime)
    } catch (error) {
      if (!(error instanceof StatementConflict) || !hasTime()) throw error
    }
  }
}

function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000)
}

function lifetimeFrom(write: { ttl: number } | { expiresAt: number }, now: number): number {
  return 'ttl' in write ? write.ttl : write.expiresAt - now
}
