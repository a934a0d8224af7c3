/**
 * What is kept in a storage as JSON, read back.
 *
 * A record may be damaged: by hand, by another program, by a version that wrote it otherwise. What
 * does not have the shape is treated as absent and reported, so that a malformed record costs its
 * owner that record and nothing else: a list leaves it out, and a revocation goes on to the next.
 */
import type { EventListener } from '../events.ts'

type Check = (value: unknown) => boolean

/** What each field of a record has to be. A field that is forgotten does not compile. */
export type Shape<Stored extends object> = { readonly [Field in keyof Stored]-?: Check }

/** The record that a text is, or `null`; `null` for a text that is absent, too. */
export type ReadRecord<Stored extends object> = (text: string | null) => Stored | null

/**
 * A reader of one kind of record.
 *
 * @param kind What events call it: `session`.
 * @param unpacked Makes the record of what the JSON says, where that is not the record itself.
 */
export function recordReader<Stored extends object>(
  kind: string,
  shape: Shape<Stored>,
  emit: EventListener,
  unpacked: (value: unknown) => unknown = (value) => value,
): ReadRecord<Stored> {
  const fields = Object.entries<Check>(shape)
  return (text) => {
    if (text === null) return null
    const value = unpacked(parsedJson(text))
    if (isObject(value) && fields.every(([name, isOfShape]) => isOfShape(value[name]))) {
      return value as Stored
    }
    emit({ name: 'storage.unreadable', kind })
    return null
  }
}

/** `undefined` for what is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isText: Check = (value) => typeof value === 'string'

export const isFlag: Check = (value) => typeof value === 'boolean'

export const isNumber: Check = Number.isFinite

/** Milliseconds since the epoch that a `Date` can hold. */
export const isInstant: Check = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15

export const isAnything: Check = () => true

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function orNull(check: Check): Check {
  return (value) => value === null || check(value)
}

/** Of a field that some records lack. */
export function orAbsent(check: Check): Check {
  return (value) => value === undefined || check(value)
}

export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check)
}
