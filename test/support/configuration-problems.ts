/**
 * What `crudAuth()` says of a configuration that is otherwise complete: an application in
 * JavaScript, which no compiler looks at.
 */
import { ConfigurationError, crudAuth, session } from 'crudauth'
import { database, secret, users } from './world.ts'

export function problemsOf(configuration: object): readonly string[] {
  const complete = { users: users(database().db), secret, transports: [session()] }
  try {
    crudAuth({ ...complete, onEvent: () => undefined, ...configuration } as never)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

export type Configuration = Readonly<Record<string, unknown>>

/** Some mistakes are told by what makes a part of the configuration, before it is complete. */
export function problemsFrom(configuration: () => Configuration): readonly string[] {
  try {
    return problemsOf(configuration())
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}
