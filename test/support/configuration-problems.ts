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
