/**
 * What a request gets when the application's database does not answer: 503 within a bound, never
 * "no such user", and never "not logged in".
 */
import { Deadlines } from '../deadlines.ts'
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import { StoreUnavailable } from './store.ts'

export interface OutageParts {
  /** How long an operation may take, in milliseconds. */
  readonly timeoutMs: number
  readonly emit: EventListener
}

type Operation = (...args: never[]) => Promise<unknown>

/**
 * Wraps a store: each of these operations answers in time or rejects with `AuthError`
 * `database_unavailable`. An operation that is given up still runs to its end, so a write may go
 * through.
 *
 * @param operations The names of its operations.
 */
export function answering<Store extends object>(
  store: Store,
  operations: readonly (keyof Store & string)[],
  parts: OutageParts,
): Store {
  const deadlines = new Deadlines(parts.timeoutMs)
  const bounded = new Map<PropertyKey, Operation>(
    operations.map((name) => [name, bind(store, name, parts, deadlines)]),
  )
  return new Proxy(store, {
    get: (target, name) => bounded.get(name) ?? Reflect.get(target, name, target),
  })
}

function bind<Store extends object>(
  store: Store,
  name: keyof Store & string,
  { timeoutMs, emit }: OutageParts,
  deadlines: Deadlines,
): Operation {
  const operation = store[name] as Operation
  const lateError = () => new StoreUnavailable(`crudauth: no answer within ${timeoutMs} ms`)
  return async (...args) => {
    try {
      return await deadlines.within(operation.apply(store, args), lateError)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      emit({ name: 'database.failed', operation: name, error })
      throw new AuthError('database_unavailable', 'The service is temporarily unavailable.', {
        headers: { 'Retry-After': '5' },
        cause: error,
      })
    }
  }
}
