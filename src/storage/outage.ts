/**
 * What becomes of a request when the storage does not answer: it is refused with 503, or it goes
 * on. Every caller decides by the function that it wraps its operation in.
 */
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'

/** Whether a storage failed in a way that no waiting helps: its client was never connected. */
export function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('isPermanent' in error && error.isPermanent === true) || isPermanent(error.cause)
}

/**
 * What a storage operation gives, or 503 with Retry-After: a person with a session must not be
 * treated as logged out, and a guess must not be let in.
 *
 * @throws AuthError `storage_unavailable`, and any `AuthError` of the operation's own.
 */
export async function orUnavailable<Value>(
  operation: string,
  emit: EventListener,
  work: Promise<Value>,
): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw refusal(operation, emit, error)
  }
}

/**
 * What to throw for what a storage operation threw: the same as 503, or an `AuthError` as it is.
 */
export function refusal(operation: string, emit: EventListener, error: unknown): AuthError {
  if (error instanceof AuthError) return error
  emit({ name: 'storage.failed', operation, effect: 'refused', error })
  return new AuthError('storage_unavailable', 'The service is temporarily unavailable.', {
    headers: { 'Retry-After': '5' },
    cause: error,
  })
}

/**
 * What a storage operation gives, or `null`: nobody is refused because it could not be done.
 *
 * @param effect `refused` where the request is refused for another reason.
 */
export async function orGoOn<Value>(
  operation: string,
  emit: EventListener,
  work: Promise<Value>,
  effect: 'let_through' | 'refused' = 'let_through',
): Promise<Value | null> {
  try {
    return await work
  } catch (error) {
    emit({ name: 'storage.failed', operation, effect, error })
    return null
  }
}
