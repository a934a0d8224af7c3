/**
 * The cookie that names a browser's known devices: a random name for each account that logged in
 * on it, four at most, the latest first.
 *
 * Beside a name stands whose device it is, for requests that are about no account. It is sealed, so
 * that the cookie says nothing to anybody else; and it is no signature: the account's list decides.
 */
import { createHmac, type KeyObject } from 'node:crypto'
import { deriveMacKey } from '../crypto.ts'

/** One name in a cookie. */
export interface NamedDevice {
  readonly name: string
  /** Sealed; see `DeviceSeals`. Empty where there is none. */
  readonly seal: string
}

const namesPerBrowser = 4
const maxLength = 256
const namePattern = /^[\w-]{22}$/

/** What a cookie or a `device_token` names; nothing of what cannot be read. */
export function readDevices(text: string | undefined): readonly NamedDevice[] {
  if (!text || text.length > maxLength) return []
  return text
    .split('~')
    .map((part) => {
      const [name = '', seal = ''] = part.split('.')
      return { name, seal: namePattern.test(seal) ? seal : '' }
    })
    .filter(({ name }) => namePattern.test(name))
    .slice(0, namesPerBrowser)
}

/** The cookie's value with one device more, or again. */
export function withDevice(text: string | undefined, device: NamedDevice): string {
  const others = readDevices(text).filter(({ name }) => name !== device.name)
  return [device, ...others]
    .slice(0, namesPerBrowser)
    .map(({ name, seal }) => (seal === '' ? name : `${name}.${seal}`))
    .join('~')
}

/** Seals 16 bytes that say whose device it is, under a secret and the device's name. */
export class DeviceSeals {
  readonly #keys: readonly KeyObject[]

  /** @param secrets The first seals, all open. */
  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => deriveMacKey(secret, 'device'))
  }

  seal(owner: Uint8Array, name: string): string {
    return combined(this.#keys[0] as KeyObject, name, owner).toString('base64url')
  }

  /** Whose it may be: one for each secret, of which at most one is true. */
  candidates({ name, seal }: NamedDevice): readonly Uint8Array[] {
    if (seal === '') return []
    const sealed = Buffer.from(seal, 'base64url')
    return this.#keys.map((key) => combined(key, name, sealed))
  }
}

/** A name is random and seals one owner only, so that its keystream is never used for two. */
function combined(key: KeyObject, name: string, bytes: Uint8Array): Buffer {
  const stream = createHmac('sha256', key).update(name, 'utf8').digest()
  return Buffer.from(bytes.map((byte, index) => byte ^ (stream[index] as number)))
}
