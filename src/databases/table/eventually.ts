/**
 * What a driver gives: a value, or a promise of one. A synchronous driver's transaction would end before
 * a promise does, so what runs inside of one must not make any.
 */

/** A driver that is synchronous returns the value itself; `await` takes both. */
export type Eventually<Value> = Value | Promise<Value>

/** Goes on with a value, now or later. */
export function andThen<Value, Next>(
  value: Eventually<Value>,
  next: (value: Value) => Eventually<Next>,
): Eventually<Next> {
  return value instanceof Promise ? value.then(next) : next(value)
}
