/**
 * What a driver gives: a value, or a promise of one. A synchronous driver's transaction would end
 * before a promise does, so what runs inside of one must not make any.
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

function isPromise<Value>(value: Eventually<Value>): value is PromiseLike<Value> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
