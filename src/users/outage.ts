/**
 * What a request gets when the application's database does not answer: 503 within a bound, never
 * "no such user", and never "not logged in".
 */
import { Deadlines } from '../deadlines.ts'
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import { StoreUnavailable, type UserStore } from './store.ts'

export interface OutageParts {
  /** How long an operation may take, in milliseconds. */
  readonly timeoutMs: number
  readonly emit: EventListener
}

/** Bounds the operations of one store, and answers for those that fail. */
export class StoreDeadline {
  readonly #deadlines: Deadlines
  readonly #lateError: () => Error
  readonly #emit: EventListener

  constructor({ timeoutMs, emit }: OutageParts) {
    this.#deadlines = new Deadlines(timeoutMs)
    this.#lateError = () => new StoreUnavailable(`crudauth: no answer within ${timeoutMs} ms`)
    this.#emit = emit
  }

  /**
   * What an operation gives. One that was given up goes on by itself: what it finds is dropped, and
   * what it writes may be written.
   *
   * @throws AuthError `database_unavailable` (503) where there is no answer in time, or none at
   *   all.
   */
  async answer<Value>(operation: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await this.#deadlines.within(work(), this.#lateError)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.#emit({ name: 'database.failed', operation, error })
      throw new AuthError('database_unavailable', 'The service is temporarily unavailable.', {
        headers: { 'Retry-After': '5' },
        cause: error,
      })
    }
  }
}

/** All fields of a port, so that one that is forgotten does not compile. */
export type EveryField<Port> = { readonly [Field in keyof Required<Port>]: Port[Field] }

/** The same table, whose operations answer in time or with 503. */
export function answeringUsers(store: UserStore, parts: OutageParts): UserStore {
  const deadline = new StoreDeadline(parts)
  const answering: EveryField<UserStore> = {
    name: store.name,
    table: store.table,
    columns: store.columns,
    map: store.map,
    factors: store.factors,
    identities: store.identities,
    codecs: store.codecs,
    transactions: store.transactions,
    tenants: store.tenants,
    problems: store.problems,
    find: (...call) => deadline.answer('find', () => store.find(...call)),
    insert: (...call) => deadline.answer('insert', () => store.insert(...call)),
    update: (...call) => deadline.answer('update', () => store.update(...call)),
    increment: (...call) => deadline.answer('increment', () => store.increment(...call)),
  }
  return answering
}
