/**
 * The names of everything that the library keeps in a storage.
 *
 * Every key carries the application's namespace and, where there are tenants, the tenant, so that
 * two applications or two tenants on one backend never read each other's records.
 */
import { type Option, text } from '../options/option.ts'
import type { UserScope } from '../users/store.ts'

/** Builds a key from a kind (`session`, `lock:account`) and an identifier. */
export type StorageKeys = (scope: UserScope, kind: string, id: string) => string

/**
 * Logins and what leads to one, or is used up by one use: after a rollback of the storage it may be
 * what had ended before. What is counted against somebody goes on counting.
 */
const ended: ReadonlySet<string> = new Set([
  'session',
  'sessions',
  'refresh',
  'refreshes',
  'pending-sign-in',
  'pending-sign-in-of-client',
  'thaw',
  'oauth-flow',
  'oauth-nonce',
  'oauth-code',
  'oauth-confirmed',
])

/** The links and codes of messages, whatever they are for; see `OneTimeRecords`. */
const oneTime = 'one-time-'

/** What anybody can have written without a credential: one key for each name that they make up. */
const ofStrangers =
  /^[^:]*:(login-(?:account|names|network|site)|recovery-asked|oauth-(?:flow|nonce)):/

/** The kind of a key that strangers can have written any number of; `null` for all others. */
export function kindOfStrangers(key: string): string | null {
  return ofStrangers.exec(key)?.[1] ?? null
}

/** @param generation Names what counts of it, see `canary.ts`; empty for all. */
export function storageKeys(namespace: string, generation: () => string = () => ''): StorageKeys {
  return (scope, kind, id) => {
    const of = ended.has(kind) || kind.startsWith(oneTime) ? generation() : ''
    const site =
      scope.tenant === undefined ? namespace : `${namespace}@${encodeURIComponent(scope.tenant)}`
    // Joined, because V8 keeps a text that was put together otherwise as the tree of its parts.
    return (of === '' ? [site, kind, id] : [site, kind, of, id]).join(':')
  }
}

export const namespaceOption: Option<string> = text('crudauth', {
  pattern: /^[\w.-]{1,64}$/,
  wanted: "1 to 64 letters, digits, '.', '_' or '-'; write the application's name, such as 'shop'",
})
