/**
 * What deserves attention in a set-up that is sound: told once.
 */
import { signOfSeveralProcesses } from '../storage/several-processes.ts'
import type { Settings } from './settings.ts'

export function warnOfMemory({ storage, warnOnMemoryStorage, emit }: Settings): void {
  if (storage.shared || !warnOnMemoryStorage) return
  const sign = signOfSeveralProcesses()
  if (sign === null && process.env['NODE_ENV'] !== 'production') return
  emit({
    name: 'warning',
    code: 'memory_storage',
    message: [
      sign === null ? '' : `this process looks like one of several: ${sign}. `,
      "sessions, counters and locks are kept in this process's memory: a restart logs everybody out, and other processes do not see them. ",
      'Use redisStorage() or drizzleStorage(), or write warnOnMemoryStorage: false if there is only ever one process.',
    ].join(''),
  })
}

export function warnOfClosedAccounts({ lockout, choosesWithoutRecovery, emit }: Settings): void {
  if (process.env['NODE_ENV'] !== 'production') return
  if (choosesWithoutRecovery || lockout.mode === 'observe') return
  emit({
    name: 'warning',
    code: 'lockout_without_recovery',
    message: `nothing proves an account's owner, because recovery is not configured. After ${lockout.maxFailures} wrong passwords of strangers in ${Math.round(lockout.horizon / 86_400)} days an account is open to known devices only, and to one attempt an hour of anybody else. Write features: [recovery({ … })] (from crudauth); or lockout: { withoutRecovery: 'slow' } to leave it so, or 'close' for no attempt at all.`,
  })
}

export function warnOfUnknownAddress(emit: Settings['emit']): void {
  emit({
    name: 'warning',
    code: 'unknown_client_address',
    message:
      "the client address of a request is unknown, so limits per address do not apply to it; limits per account do, and all such clients share one budget for registration and rateLimit(). Pass the peer address of the socket to the library (peer). Behind a proxy write trustedProxies: { networks: ['10.0.0.0/8'] } with its networks, or { hops: 1 } if it connects by a Unix socket: that believes any peer.",
  })
}

export function onceOnly(work: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    work()
  }
}
