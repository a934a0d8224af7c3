/** What routes that make an account answer. */
import * as z from 'zod'
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import { wireId, wireIdSchema } from '../../http/wire-id.ts'

export const registered = z
  .looseObject({
    id: wireIdSchema,
    email: z.string().nullable(),
    username: z.string().nullable(),
    device_token: z.string().optional(),
  })
  .meta({ id: 'RegisteredAccount' })

/** Errors from which it shows whether the name was free. */
export const withDevice: readonly ErrorCode[] = ['duplicate_value', 'hook_failed', 'access_denied']

/**
 * The account that is made, and the device that made it. The answer has a device's name whether or
 * not the account is new.
 *
 * @param inBody Whether the client keeps that name itself.
 * @param make Returns the new row, or what is answered instead.
 */
export async function withNewDevice(
  { accounts, devices }: House,
  exchange: Exchange,
  inBody: boolean,
  make: (device: string) => Promise<{ row: object } | { accepted: object }>,
): Promise<Reply> {
  const name = devices.fresh()
  const cookies = inBody ? [] : [devices.cookieOf(exchange, name)]
  const members = inBody ? { device_token: name } : {}
  try {
    const made = await make(name)
    if ('accepted' in made) return { status: 202, body: { ...made.accepted, ...members }, cookies }
    const { row } = made
    const id = wireId(accounts.id(row))
    const [email, username] = [accounts.text(row, 'email'), accounts.text(row, 'username')]
    return { status: 200, body: { id, email, username, ...members }, cookies }
  } catch (error) {
    if (!(error instanceof AuthError) || !withDevice.includes(error.code)) throw error
    return { error: error.with(members), cookies }
  }
}
