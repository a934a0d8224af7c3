/**
 * What computes Argon2: Node's own since 24.7, else the optional package `@node-rs/argon2`. Both
 * work on libuv's thread pool.
 */
import * as crypto from 'node:crypto'

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
export type Argon2 = (input: Argon2Input) => Promise<Uint8Array>

export interface Argon2Platform {
  /** Missing before Node 24.7, and on other runtimes. */
  readonly native: typeof crypto.argon2 | undefined
  /** Whether `@node-rs/argon2` could be imported. */
  readonly hasPackage: () => boolean
}

const thisPlatform: Argon2Platform = {
  native: crypto.argon2,
  hasPackage() {
    try {
      return import.meta.resolve('@node-rs/argon2') !== ''
    } catch {
      return false
    }
  },
}

/** `null` where nothing can compute it. */
export function argon2Engine({ native, hasPackage }: Argon2Platform = thisPlatform): Argon2 | null {
  if (native) return nodeArgon2(native)
  return hasPackage() ? packageArgon2 : null
}

function nodeArgon2(native: typeof crypto.argon2): Argon2 {
  return ({ variant = 'argon2id', password, salt, memory, passes, parallelism, length }) => {
    const parameters = {
      message: Buffer.from(password, 'utf8'),
      nonce: salt,
      memory,
      passes,
      parallelism,
      tagLength: length,
    }
    return new Promise((resolve, reject) => {
      native(variant, parameters, (error, tag) => (error ? reject(error) : resolve(tag)))
    })
  }
}

const packageArgon2: Argon2 = async ({
  variant = 'argon2id',
  password,
  salt,
  memory,
  passes,
  parallelism,
  length,
}) => {
  const { hashRaw } = await import('@node-rs/argon2')
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
