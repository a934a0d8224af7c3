/**
 * The options of password hashes in a second table, which all adapters have in common.
 */
import { declareOptions, group } from '../../options/declare.ts'
import { callback, type Option, optional, own, required } from '../../options/option.ts'

/** @param such The whole, as somebody would write it. */
export function passwordTableOption(
  more: Readonly<Record<string, Option<never>>>,
  such: string,
): Option<unknown> {
  const missing = `write passwords: ${such}`
  const isName = (given: unknown) => typeof given === 'string' && given !== ''
  return optional(
    group(
      declareOptions<Readonly<Record<string, unknown>>>(
        {
          ...more,
          user: required(missing, (given, path) =>
            isName(given) ? [] : [`${path} must be the name of a column; ${missing}`],
          ),
          hash: required(missing, (given, path) =>
            isName(given) || isName(Object(given).property)
              ? []
              : [`${path} must be the name of a column, or { property, parts, text }; ${missing}`],
          ),
          only: own({
            fallback: undefined,
            problems: (given, path) =>
              isPlain(given) && Object.keys(given).length > 0
                ? []
                : [`${path} must say what passwords have, such as { providerId: 'credential' }`],
          }),
          insert: optional(callback('(user) => ({ id: randomUUID() })')),
        },
        { write: `passwords: ${such}` },
      ),
    ),
  )
}

/** The second table itself, whatever the adapter calls it. */
export function aTable(such: string): Option<never> {
  return required(`write ${such}`, (given, path) =>
    given === null || given === '' ? [`${path} must be a table; write ${such}`] : [],
  )
}

function isPlain(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
