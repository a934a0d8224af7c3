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

export function storageKeys(namespace: string): StorageKeys {
  return (scope, kind, id) =>
    scope.tenant === undefined
      ? `${namespace}:${kind}:${id}`
      : `${namespace}@${encodeURIComponent(scope.tenant)}:${kind}:${id}`
}

export const namespaceOption: Option<string> = text('crudauth', {
  pattern: /^[\w.-]{1,64}$/,
  wanted: "1 to 64 letters, digits, '.', '_' or '-'; write the application's name, such as 'shop'",
})
