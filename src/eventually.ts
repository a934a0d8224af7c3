/**
 * What a driver returns: a value, or a promise of one. A synchronous driver commits before a
 * promise settles, so code inside its transactions must not create promises.
 */

/** A driver that is synchronous returns the value itself; `await` takes both. */
export type Eventually<Value> = Value | PromiseLike<Value>

/** Goes on with a value, now or later. Prisma's promises are of a class of their own. */
export function andThen<Value, Next>(
  value: Eventually<Value>,
  next: (value: Value) => Eventually<Next>,
): Eventually<Next> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value)
}

export function isPromise<Value>(value: Eventually<Value>): value is PromiseLike<Value> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * Goes on with a value or with an error, in one promise where two after each other would do: each
 * one that waits costs every check a promise. What `next` throws is not for `failed`.
 */
export function eitherWay<Value, Next>(
  work: () => Eventually<Value>,
  next: (value: Value) => Eventually<Next>,
  failed: (error: unknown) => Eventually<Next>,
): Eventually<Next> {
  let value: Eventually<Value>
  try {
    value = work()
  } catch (error) {
    return failed(error)
  }
  return isPromise(value) ? Promise.resolve(value).then(next, failed) : next(value)
}

/** The same value, and what `failed` makes of an error: it throws, or gives a value instead. */
export function orElse<Value>(
  work: () => Eventually<Value>,
  failed: (error: unknown) => Eventually<Value>,
): Eventually<Value> {
  try {
    const value = work()
    return isPromise(value) ? Promise.resolve(value).then(undefined, failed) : value
  } catch (error) {
    return failed(error)
  }
}
