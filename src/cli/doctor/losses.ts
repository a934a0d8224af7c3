/** What a table has and crudauth does not ask for. */
import type { InspectedTable } from './table.ts'
import { asksForPassword, isSecondFactor } from './words.ts'

/** A sentence each. */
export function lossesOf({ columns }: InspectedTable): string[] {
  const factors = columns.filter(({ name }) => isSecondFactor(name)).map(({ name }) => name)
  const forced = columns.filter(({ name }) => asksForPassword(name)).map(({ name }) => name)
  return [
    ...(factors.length > 0
      ? [
          `second factors (${factors.join(', ')}): crudauth asks for none yet, so that who has one logs in with the password alone`,
        ]
      : []),
    ...(forced.length > 0
      ? [
          `forced changes of passwords (${forced.join(', ')}): nobody is asked for a new one at the login`,
        ]
      : []),
  ]
}
