/**
 * What computes Argon2: Node's own since 24.7, in threads of our own or on libuv's thread pool,
 * else the optional package `@node-rs/argon2`, on libuv's.
 */
import * as crypto from 'node:crypto'
import type { Compute } from './hash-threads.ts'
import { cannotLoad } from './native-package.ts'

export interface Argon2Input {
  /** Default `argon2id`; the others are verified where another system wrote them. */
  readonly variant?: 'argon2id' | 'argon2i' | 'argon2d'
  /** Hashed as UTF-8. */
  readonly password: string
  readonly salt: Uint8Array
  /** In KiB. */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  /** Of the result, in bytes. */
  readonly length: number
}

/** Computes Argon2, version 0x13 (RFC 9106). */
export interface Argon2 {
  (input: Argon2Input): Promise<Uint8Array>
  /** Loads what is loaded at first use. Rejects with what is missing and what to do. */
  readonly load?: () => Promise<unknown>
}

export interface Argon2Platform {
  /** Missing before Node 24.7, and on other runtimes. */
  readonly native: typeof crypto.argon2 | undefined
  /**
   * Whether `@node-rs/argon2` could be imported; `true` where that does not show before it is done.
   */
  readonly hasPackage: () => boolean
}

/** For `resolve` under a name: webpack looks for what is written there, and warns. */
const packageName = '@node-rs/argon2'

const thisPlatform: Argon2Platform = {
  native: crypto.argon2,
  hasPackage() {
    // A bundle in CommonJS has none: what is missing is then said at first use.
    if (typeof import.meta.resolve !== 'function') return true
    try {
      return import.meta.resolve(packageName) !== ''
    } catch {
      return false
    }
  },
}

/**
 * `null` where nothing can compute it.
 *
 * @param compute Threads of our own, for what Node computes itself.
 */
export function argon2Engine(
  { native, hasPackage }: Argon2Platform = thisPlatform,
  compute: Compute | null = null,
): Argon2 | null {
  if (native) return nodeArgon2(native, compute)
  return hasPackage() ? packageArgon2 : null
}

/** A cheaper hash, as tests have, takes less than the way to a thread and back; in KiB. */
const leastMemoryForThreads = 1024

function nodeArgon2(native: typeof crypto.argon2, compute: Compute | null): Argon2 {
  return ({ variant = 'argon2id', password, salt, memory, passes, parallelism, length }) => {
    const parameters = {
      message: Buffer.from(password, 'utf8'),
      nonce: salt,
      memory,
      passes,
      parallelism,
      tagLength: length,
    }
    const here = () =>
      new Promise<Uint8Array>((resolve, reject) => {
        native(variant, parameters, (error, tag) => (error ? reject(error) : resolve(tag)))
      })
    const isWorthIt = memory >= leastMemoryForThreads
    return compute && isWorthIt ? compute({ work: 'argon2', variant, parameters }, here) : here()
  }
}

const packageArgon2: Argon2 = Object.assign(hashWithPackage, { load: loadPackage })

async function hashWithPackage({
  variant = 'argon2id',
  password,
  salt,
  memory,
  passes,
  parallelism,
  length,
}: Argon2Input): Promise<Uint8Array> {
  const { hashRaw } = await loadPackage()
  return hashRaw(password, {
    // These and 0x13: the package's `const enum`s cannot be imported file by file.
    algorithm: { argon2d: 0, argon2i: 1, argon2id: 2 }[variant],
    version: 1,
    salt,
    memoryCost: memory,
    timeCost: passes,
    parallelism,
    outputLen: length,
  })
}

/**
 * A bundler must not fail where the package is not installed: most take an import inside of `try`
 * for optional, and webpack has to be told.
 */
async function loadPackage(): Promise<Pick<typeof import('@node-rs/argon2'), 'hashRaw'>> {
  try {
    return await import(/* webpackIgnore: true */ '@node-rs/argon2')
  } catch (error) {
    throw cannotLoad(packageName, error)
  }
}
