/**
 * What a request gets when the storage does not answer and guessing is not an option.
 */
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'

/** Reports the failure and returns the answer: 503 with Retry-After, never "not logged in". */
export function storageUnavailable(
  operation: string,
  error: unknown,
  emit: EventListener,
): AuthError {
  emit({ name: 'storage.failed', operation, effect: 'refused', error })
  return new AuthError('storage_unavailable', 'The service is temporarily unavailable.', {
    headers: { 'Retry-After': '5' },
    cause: error,
  })
}
