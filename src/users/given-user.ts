/**
 * What the application's code hands over as a user: an object, where JavaScript lets anything
 * through.
 */

/**
 * An id in its place would make a credential of nobody's, and `null` an error that says nothing.
 *
 * @throws TypeError for anything that is not an object.
 */
export function requireUser(given: unknown): void {
  if (typeof given === 'object' && given !== null) return
  throw new TypeError(
    'crudauth: this call is given the user, not an id nor null; write await auth.users.get(id), and see that there is one',
  )
}
