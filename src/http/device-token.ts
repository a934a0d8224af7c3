/**
 * How a client without cookies asks for its device token, at routes that make a browser known by a
 * cookie.
 */
import * as z from 'zod'
import { formBoolean } from './body.ts'

/** The query of such a route. */
export const deviceTokenQuery = {
  schema: z.object({
    device_token: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the device token goes into the body, not into a cookie.' }),
  }),
  read: { device_token: formBoolean },
}
