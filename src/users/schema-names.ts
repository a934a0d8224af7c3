/**
 * The names that a schema of the application's takes, as far as a library tells them.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What some libraries say of their schemas beside Standard Schema. */
interface Told {
  readonly '~standard': {
    readonly jsonSchema?: {
      input(options: { target: string }): unknown
      output?(options: { target: string }): unknown
    }
  }
  /** zod */
  readonly shape?: unknown
  /** valibot */
  readonly entries?: unknown
}

/** `null` where the library does not tell. */
export function namesTaken(schema: StandardSchemaV1): ReadonlySet<string> | null {
  const told = schema as unknown as Told
  const names = keysOf(told.shape) ?? keysOf(told.entries) ?? fromJsonSchema(told['~standard'])
  return names === null ? null : new Set(names)
}

/** What it returns and nothing else; `null` where the library does not tell. */
export function namesReturned(schema: StandardSchemaV1): ReadonlySet<string> | null {
  const { jsonSchema } = (schema as unknown as Told)['~standard']
  try {
    const document = Object(jsonSchema?.output?.({ target: 'draft-2020-12' }))
    const names = keysOf((document as { readonly properties?: unknown }).properties)
    const isWhole = (document as { additionalProperties?: unknown }).additionalProperties === false
    return isWhole && names !== null ? new Set(names) : null
  } catch {
    return null
  }
}

/** Standard JSON Schema: zod, arktype. It throws for what JSON Schema cannot say. */
function fromJsonSchema({ jsonSchema }: Told['~standard']): string[] | null {
  try {
    return keysIn(jsonSchema?.input({ target: 'draft-2020-12' }))
  } catch {
    return null
  }
}

/** The properties of an object, or of all the alternatives of one. */
function keysIn(document: unknown): string[] | null {
  const { properties, anyOf, oneOf, allOf } = Object(document) as Record<string, unknown>
  const parts = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []))
  const found = [keysOf(properties), ...parts.map(keysIn)].filter((names) => names !== null)
  return found.length === 0 ? null : found.flat()
}

function keysOf(value: unknown): string[] | null {
  return typeof value === 'object' && value !== null ? Object.keys(value) : null
}
