/**
 * What `honoAuth()` takes besides the configuration of `crudAuth()`.
 */
import type { Context } from 'hono'
import { type Declaration, declareOptions } from '../options/declare.ts'
import { callback, optional } from '../options/option.ts'

/** What `honoAuth()` takes besides the configuration of `crudAuth()`. */
export interface HonoAuthOptions {
  /**
   * Returns the client's IP address. Needed only outside `@hono/node-server`, Bun and Deno, which
   * put it into `c.env`; without it, all clients share one budget for what is limited by address.
   */
  peer?: (c: Context) => string | undefined
}

type Peer = NonNullable<HonoAuthOptions['peer']>

export const honoAuthOptions: Declaration<{ readonly peer: Peer | undefined }> = declareOptions({
  peer: optional(callback<Peer>('(c) => c.env.ip')),
})
