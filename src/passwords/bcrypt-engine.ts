/**
 * What computes bcrypt: `@node-rs/bcrypt`, native code on libuv's thread pool, loaded at first use.
 */
import { cannotLoad } from './native-package.ts'

export type Bcrypt = Pick<typeof import('@node-rs/bcrypt'), 'hash' | 'verify'>

/** @throws Error that says what to do, where the package or its binary is missing. */
export async function loadBcrypt(): Promise<Bcrypt> {
  try {
    return await import('@node-rs/bcrypt')
  } catch (error) {
    throw cannotLoad('@node-rs/bcrypt', error)
  }
}
