/**
 * The authentication of the script: the table of the other example, accounts by invitation, and the
 * hashes of the system that was there before.
 */

import { drizzleUsers } from 'crudauth/drizzle'
import { django } from 'crudauth/hashes'
import { type DeliveryChannel, honoAuth, recovery, session } from 'crudauth/hono'
import { members, type openDatabase } from '../hono-sqlite/db.ts'

export interface AuthParts {
  readonly db: ReturnType<typeof openDatabase>['db']
  readonly secret: string
  /** What brings invitations. */
  readonly channel: DeliveryChannel
}

export function createAuth({ db, secret, channel }: AuthParts) {
  return honoAuth({
    users: drizzleUsers(db, members),
    secret,
    transports: [session()],
    features: [recovery({ channels: [channel], frontendUrl: 'http://localhost:3000' })],
    registration: { mode: 'invited', newUserDefaults: { plan: 'free' } },
    passwords: { adopt: [django()] },
    onEvent: () => undefined,
  })
}
