/**
 * Receipts: what whoever asked for a message gets in the answer.
 *
 * One proves that its holder asked for a message to that address, for that purpose, a moment ago.
 * Guesses at a code count against it, and a browser that has one for an address may be signed in by
 * any link that was sent there. It is nothing else: it opens nothing by itself, and says nothing of
 * whether there is such an account. Everything is in its text and its MAC, so that a request by a
 * stranger stores nothing.
 */
import type { KeyObject } from 'node:crypto'
import {
  deriveMacKey,
  equalInConstantTime,
  hmacSha256,
  type Random,
  randomToken,
} from '../crypto.ts'
import type { UserScope } from '../users/store.ts'

/** A receipt that is ours and has not expired. */
export interface Receipt {
  /** Tells receipts apart. */
  readonly name: string
  /** A keyed digest of the address. */
  readonly contact: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface ReceiptParts {
  readonly secrets: readonly string[]
  readonly namespace: string
  readonly clock: () => number
  readonly random: Random
}

const pattern = /^([\w-]{22})\.([0-9a-z]{6,8})\.([\w-]{22})\.([\w-]{22})$/

/** 128 bits, in base64url. */
const macLength = 22

export class Receipts {
  readonly #parts: ReceiptParts
  readonly #keys: readonly KeyObject[]

  constructor(parts: ReceiptParts) {
    this.#parts = parts
    this.#keys = parts.secrets.map((secret) => deriveMacKey(secret, 'receipt'))
  }

  /**
   * @param contact In canonical form.
   * @param lifetime In seconds.
   */
  issue(scope: UserScope, purpose: string, contact: string, lifetime: number): string {
    const { clock, random } = this.#parts
    const [tag = ''] = this.tags(scope, contact)
    const expiry = Math.ceil(clock() / 1000 + lifetime).toString(36)
    const said = `${randomToken(random, 16)}.${expiry}.${tag}`
    const [key] = this.#keys
    return key === undefined ? '' : `${said}.${this.#mac(key, scope, purpose, said)}`
  }

  /** What a text says, or `null` for one that is no receipt for this purpose, or has expired. */
  read(scope: UserScope, purpose: string, text: string): Receipt | null {
    const [, name = '', expiry = '', contact = '', mac = ''] = pattern.exec(text) ?? []
    if (name === '') return null
    const said = `${name}.${expiry}.${contact}`
    const isOurs = this.#keys.some((key) =>
      equalInConstantTime(this.#mac(key, scope, purpose, said), mac),
    )
    const expiresAt = Number.parseInt(expiry, 36) * 1000
    return isOurs && expiresAt > this.#parts.clock() ? { name, contact, expiresAt } : null
  }

  /** Whether a receipt is for a message to this address, given in canonical form. */
  isFor(scope: UserScope, receipt: Receipt, contact: string): boolean {
    return this.tags(scope, contact).includes(receipt.contact)
  }

  /** What receipts for an address call it: one per secret, the signing one's first. */
  tags(scope: UserScope, contact: string): readonly string[] {
    return this.#keys.map((key) => this.#mac(key, scope, 'contact', contact))
  }

  #mac(key: KeyObject, { tenant }: UserScope, purpose: string, said: string): string {
    const text = JSON.stringify([this.#parts.namespace, tenant ?? null, purpose, said])
    return hmacSha256(key, text).slice(0, macLength)
  }
}
