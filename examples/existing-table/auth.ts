/**
 * The one configuration that adopts the old table.
 */
import { flag, timestampFlag } from 'crudauth'
import { drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import { bcrypt, wordpress } from 'crudauth/hashes'
import { honoAuth, session } from 'crudauth/hono'
import * as z from 'zod'
import type { openDatabase } from './db.ts'
import { authStorage, isMember, members } from './tables.ts'

export interface AuthOptions {
  db: ReturnType<typeof openDatabase>['db']
  /** Without one, crudauth makes one for the process and says so. */
  secret: string | undefined
  /** Off only to try the page from another device over plain HTTP. */
  secureCookies: boolean
}

/** Of a name the table only says how long it may be. */
const registration = z.object({
  email: z.string(),
  username: z.string(),
  password: z.string(),
  full_name: z.string().trim().min(1, 'Must not be empty.').max(80),
})

export function createAuth({ db, secret, secureCookies }: AuthOptions) {
  return honoAuth({
    users: drizzleUsers(db, members, {
      columns: {
        id: 'memberId',
        username: 'login',
        email: { property: 'mail', ignoreCase: true },
        hashedPassword: 'passwd',
        isActive: { property: 'banned', codec: flag('N', 'Y') },
        isSuperuser: { property: 'isAdmin', codec: flag(1, 0) },
        emailVerified: { property: 'confirmedAt', codec: timestampFlag() },
      },
      where: isMember,
    }),
    passwords: { adopt: [bcrypt({ cost: 10 }), wordpress()] },
    registration: {
      schema: registration,
      extraFields: ['fullName'],
      newUserFields: () => ({ joined: Math.floor(Date.now() / 1000) }),
    },
    storage: drizzleStorage(db, authStorage),
    transports: [session({ managementRoutes: true })],
    namespace: 'quayside',
    secret,
    cookies: { secure: secureCookies },
  })
}
