/**
 * What every application does in its first week without a request: the first administrator, the
 * users of the system before, an invitation, somebody who has to go.
 */
import { AuthError } from 'crudauth'
import type { createAuth } from './auth.ts'

type Auth = ReturnType<typeof createAuth>

/** A user of the system before, as it exported them. */
export interface LegacyUser {
  readonly email: string
  readonly username: string
  /** As Django stores it: `pbkdf2_sha256$…`. */
  readonly password: string
  readonly name: string
}

/** The first administrator; the one that there is, where the script runs again. */
export async function makeAdministrator(auth: Auth, email: string, password: string) {
  const known = await auth.users.find(email)
  if (known !== null) return known
  return auth.users.create(
    { email, username: 'admin', password, superuser: true, verified: true },
    { actor: 'setup' },
  )
}

/**
 * Takes over accounts with their hashes: everybody logs in with the password from before. Runs
 * again where it stopped: who is there already is skipped.
 */
export async function importUsers(auth: Auth, users: readonly LegacyUser[]) {
  const outcome = { made: 0, skipped: 0, refused: [] as string[] }
  for (const { email, username, password, name } of users) {
    try {
      await auth.users.create(
        // The system before has sent them mail for years.
        {
          email,
          username,
          hashedPassword: password,
          verified: true,
          values: { displayName: name },
        },
        { actor: 'import' },
      )
      outcome.made += 1
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      if (error.code === 'duplicate_value') outcome.skipped += 1
      else
        outcome.refused.push(`${email}: ${error.errors?.map(({ message }) => message).join(' ')}`)
    }
  }
  return outcome
}

/** Invites somebody; the link goes to the address, and to nobody else. */
export function invite(auth: Auth, address: string, by: number) {
  return auth.invitations.create({ address, values: { plan: 'paid' } }, { actor: by })
}

/** Shuts somebody out, at once and everywhere; returns how many sessions that ended. */
export async function shutOut(auth: Auth, username: string, by: number) {
  const user = await auth.users.find(username)
  if (user === null) return null
  const ended = await auth.users.endAll(user.id, { actor: by })
  await auth.users.disable(user.id, { actor: by })
  return ended
}
