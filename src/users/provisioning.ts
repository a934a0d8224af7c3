/**
 * What the application adds to a new row, and what it may not.
 */
import type { EventListener } from '../events.ts'
import type { Identity } from './identity.ts'
import {
  type NewUserContext,
  type RegistrationSettings,
  reservedProperties,
} from './registration.ts'
import type { UserStore } from './store.ts'

/** The server's own values for a new row: defaults, then what is worked out; the latter win. */
export type Provision = (
  context: Omit<NewUserContext, 'suggestedName'>,
) => Promise<Record<string, unknown>>

/** Values for columns that are the library's, or nobody's, are dropped, with a warning each. */
export function provisioning(
  store: UserStore,
  identity: Identity,
  { newUserDefaults, newUserFields }: RegistrationSettings,
  emit: EventListener,
): Provision {
  const reserved = reservedProperties(store, identity)
  const warned = new Set<string>()
  const allowed = (property: string) => {
    if (store.columns.has(property) && !reserved.has(property)) return true
    if (!warned.has(property)) {
      warned.add(property)
      emit({
        name: 'warning',
        code: 'dropped_field',
        message: `registration.newUserFields returned '${property}', which ${reserved.has(property) ? 'only the library writes' : 'is not a column of the users table'}; it was dropped`,
      })
    }
    return false
  }
  return async (context) => {
    const suggestedName = context.email.split('@')[0] || context.username
    const fields: unknown = (await newUserFields?.({ ...context, suggestedName })) ?? {}
    const made = Object.entries(fields as object).filter(([property]) => allowed(property))
    return { ...newUserDefaults, ...Object.fromEntries(made) }
  }
}
