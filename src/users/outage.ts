/**
 * What a request gets when the application's database does not answer: 503 within a bound, never
 * "no such user", and never "not logged in".
 */
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Eventually } from '../eventually.ts'
import { WaitingLine } from '../waiting-line.ts'
import { type DatabasePool, StoreUnavailable, type UserStore } from './store.ts'

export interface OutageParts {
  /** How long an operation may take, in milliseconds. */
  readonly timeoutMs: number
  readonly emit: EventListener
}

/** How many statements are under way at once, where the size of the pool is not known. */
const mostAtOnce = 100

/** The operations of one store, each answered in time or with 503. */
export class StoreDeadline {
  readonly #line: WaitingLine
  readonly #emit: EventListener

  constructor({ timeoutMs, emit }: OutageParts, pool: DatabasePool | undefined) {
    const limits = { timeoutMs, atOnce: pool?.size ?? mostAtOnce }
    this.#line = new WaitingLine(
      limits,
      ({ message, wasSent }) =>
        new StoreUnavailable(`crudauth: the database gave ${message}`, undefined, {
          nothingWritten: !wasSent,
        }),
      (error) => error instanceof StoreUnavailable && !error.nothingWritten,
    )
    this.#emit = emit
  }

  /** @throws AuthError `database_unavailable` (503) where there is no answer in time, or none. */
  read<Value>(operation: string, work: () => Eventually<Value>): Eventually<Value> {
    return this.#line.run(work, undefined, (error) => this.#told(error, operation, false))
  }

  /**
   * The same for a write. One that was given up after it was sent goes on by itself, and may still
   * happen: the error then says so. One that was not sent never will be.
   */
  async write<Value>(operation: string, work: () => Promise<Value>): Promise<Value> {
    return this.#line.run(work, undefined, (error) => this.#told(error, operation, true))
  }

  #told(error: unknown, operation: string, isWrite: boolean): unknown {
    if (!(error instanceof StoreUnavailable)) return error
    this.#emit({ name: 'database.failed', operation, error })
    const mayHappen = isWrite && !error.nothingWritten
    return new AuthError('database_unavailable', mayHappen ? mayStillHappen : unavailable, {
      headers: { 'Retry-After': '5' },
      cause: error,
      ...(mayHappen ? { members: { outcome: 'unknown' } } : {}),
    })
  }
}

const unavailable = 'The service is temporarily unavailable.'
const mayStillHappen = `${unavailable} What you asked for may have happened, or may still happen.`

/** All fields of a port, so that one that is forgotten does not compile. */
export type EveryField<Port> = { readonly [Field in keyof Required<Port>]: Port[Field] }

/** The same table, whose operations answer in time or with 503. */
export function answeringUsers(store: UserStore, parts: OutageParts): UserStore {
  const { init } = store
  const deadline = new StoreDeadline(parts, store.pool)
  const { each } = store.find
  const find: UserStore['find'] = (property, value, scope) =>
    deadline.read('find', () => store.find(property, value, scope))
  const answering: EveryField<UserStore> = {
    name: store.name,
    table: store.table,
    columns: store.columns,
    map: store.map,
    factors: store.factors,
    identities: store.identities,
    codecs: store.codecs,
    conditionOn: store.conditionOn,
    transactions: store.transactions,
    tenants: store.tenants,
    problems: store.problems,
    pool: store.pool,
    init: init && (async () => deadline.read('init', () => init())),
    // What is read beside the users is bounded by the store that reads it.
    beside: store.beside?.find === store.find ? { ...store.beside, find } : undefined,
    find: Object.assign(
      find,
      each && {
        each: async (...call: Parameters<typeof each>) =>
          deadline.read('find', () => each(...call)),
      },
    ),
    insert: (...call) => deadline.write('insert', () => store.insert(...call)),
    update: (...call) => deadline.write('update', () => store.update(...call)),
    increment: (...call) => deadline.write('increment', () => store.increment(...call)),
  }
  return answering
}
