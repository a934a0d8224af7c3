/**
 * What computes bcrypt: `@node-rs/bcrypt`, native code, loaded at first use; in threads of our own
 * (`hash-threads.ts`), else on libuv's thread pool.
 */
import type { Compute } from './hash-threads.ts'
import { cannotLoad } from './native-package.ts'

export type Bcrypt = Pick<typeof import('@node-rs/bcrypt'), 'hash' | 'verify'>

/** The two things that a format asks of bcrypt. */
export interface BcryptEngine {
  /** @param salt `$2b$12$` and 22 characters. */
  hash(password: string, salt: string): Promise<string>
  verify(password: string, hash: string): Promise<boolean>
}

/** A cheaper hash, as tests have, takes less than the way to a thread and back. */
const leastCostForThreads = 10

export function bcryptEngine(compute: Compute | null): BcryptEngine {
  const isWorthIt = (text: string) => Number(text.slice(4, 6)) >= leastCostForThreads
  return {
    async hash(password, salt) {
      const here = async () => (await loadBcrypt()).hash(password, { salt })
      return compute && isWorthIt(salt) ? compute({ work: 'hash', password, salt }, here) : here()
    },
    async verify(password, hash) {
      const here = async () => (await loadBcrypt()).verify(password, hash)
      return compute && isWorthIt(hash) ? compute({ work: 'verify', password, hash }, here) : here()
    },
  }
}

/** @throws Error that says what to do, where the package or its binary is missing. */
export async function loadBcrypt(): Promise<Bcrypt> {
  try {
    return await import('@node-rs/bcrypt')
  } catch (error) {
    throw cannotLoad('@node-rs/bcrypt', error)
  }
}
