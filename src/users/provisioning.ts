/**
 * What the application adds to a new row, and what it may not.
 */
import type { EventListener } from '../events.ts'
import { parseEmail } from './email.ts'
import type { Identity, IdentityField } from './identity.ts'
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
  const reserved = new Set(reservedProperties(store, identity))
  const { contact } = identity
  if (contact) reserved.delete(contact.property)
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
    const { name } = Object(context.profile) as { readonly name?: unknown }
    const said = typeof name === 'string' ? name : ''
    const suggestedName = said || context.email.split('@')[0] || context.username
    const fields: unknown = (await newUserFields?.({ ...context, suggestedName })) ?? {}
    const made = Object.entries(fields as object).filter(([property]) => allowed(property))
    const values: Record<string, unknown> = { ...newUserDefaults, ...Object.fromEntries(made) }
    if (contact && Object.hasOwn(values, contact.property)) {
      values[contact.property] = contactOf(contact, values[contact.property])
    }
    return values
  }
}

/**
 * An address or number that the application provides, in the form in which it is looked up.
 *
 * @throws TypeError for what no message could be sent to: stored, it would be a way back that
 *   fails.
 */
function contactOf({ name, property, canonical }: IdentityField, given: unknown): string | null {
  if (given === null || given === undefined) return null
  const read =
    typeof given !== 'string' || given.trim() === ''
      ? null
      : name === 'email'
        ? parseEmail(given)
        : canonical(given)
  if (read !== null) return read
  throw new TypeError(
    `crudauth: registration gave '${property}' something that is no ${name === 'email' ? 'e-mail address' : 'text'}; give one, or null`,
  )
}
