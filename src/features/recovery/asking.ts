/**
 * Who asks for a message: the name of the browser or client, so that asking again takes no second
 * place, and the receipt that it gets.
 */
import type { Receipts } from '../../credentials/receipts.ts'
import { randomToken } from '../../crypto.ts'
import type { Ground } from '../../feature.ts'
import { type Cookie, defineCookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'

/** By what whoever asks is told from others. */
export interface AskedBy {
  /** Names the browser or client; opens nothing. */
  readonly client: string
  /** What the answer gives; `null` where there is nothing to do with one. */
  readonly receipt: string | null
}

/** What an answer gives to who asked. */
export interface Given {
  readonly by: AskedBy
  readonly body: { readonly receipt?: string }
  readonly cookies: readonly string[]
}

/** A day: longer than most links work. Seconds. */
const clientLifetime = 86_400

/** Whoever mistypes an address asks again; the links of the right one still count. */
const receiptsPerBrowser = 4

export class Asking {
  /** Names the browser. Opens nothing. */
  readonly clientCookie: Cookie
  /** The receipts for links that sign in, with which such a link may be opened in any tab. */
  readonly receiptCookie: Cookie
  readonly #ground: Ground
  readonly #receipts: Receipts
  readonly #lifetimes: Readonly<Record<string, number | null>>

  /** @param lifetimes How long receipts are good, by purpose, in seconds; `null` for no receipt. */
  constructor(
    ground: Ground,
    receipts: Receipts,
    lifetimes: Readonly<Record<string, number | null>>,
  ) {
    const { cookies } = ground
    this.clientCookie = defineCookie(
      { name: 'recovery_client', httpOnly: true, prefix: true },
      cookies,
    )
    this.receiptCookie = defineCookie(
      { name: 'sign_in_receipts', httpOnly: true, prefix: true },
      cookies,
    )
    this.#ground = ground
    this.#receipts = receipts
    this.#lifetimes = lifetimes
  }

  /** Whether who asks for this gets a receipt. */
  hasReceipt(purpose: string): boolean {
    return (this.#lifetimes[purpose] ?? null) !== null
  }

  /** The same whether or not there is such an account: nothing is looked up. */
  answer(exchange: Exchange, purpose: string, contact: string, sent: string | undefined): Given {
    const { name, cookies } = this.#client(exchange, sent)
    const receipt = this.receipt(exchange, purpose, contact)
    const isKept = receipt !== null && purpose === 'sign_in' && sent === undefined
    return {
      by: { client: name, receipt },
      body: receipt === null ? {} : { receipt },
      cookies: isKept ? [...cookies, this.#kept(exchange, receipt)] : cookies,
    }
  }

  /** A receipt for an address, or `null` where there is nothing to do with one. */
  receipt({ scope }: Exchange, purpose: string, contact: string): string | null {
    const lifetime = this.#lifetimes[purpose] ?? null
    const canonical = this.#ground.accounts.identity.recovery?.canonical(contact) ?? contact
    return lifetime === null ? null : this.#receipts.issue(scope, purpose, canonical, lifetime)
  }

  /** Those that a request has, the latest first. */
  receiptsOf(exchange: Exchange, sent: string | undefined): readonly string[] {
    const kept = exchange.cookie(this.receiptCookie.name)?.split('~').slice(0, receiptsPerBrowser)
    return [...(sent === undefined ? [] : [sent]), ...(kept ?? [])]
  }

  /** Whether a request comes from where somebody asked for a message to this address. */
  asked(exchange: Exchange, purpose: string, contact: string, sent: string | undefined): boolean {
    const { scope } = exchange
    const canonical = this.#ground.accounts.identity.recovery?.canonical(contact) ?? contact
    return this.receiptsOf(exchange, sent).some((text) => {
      const receipt = this.#receipts.read(scope, purpose, text)
      return receipt !== null && this.#receipts.isFor(scope, receipt, canonical)
    })
  }

  #kept(exchange: Exchange, receipt: string): string {
    const receipts = [receipt, ...this.receiptsOf(exchange, undefined)]
    const lifetime = this.#lifetimes['sign_in'] ?? 0
    return this.receiptCookie.set(receipts.slice(0, receiptsPerBrowser).join('~'), lifetime)
  }

  /** The name by which a browser, or a client without cookies, asks. */
  #client(exchange: Exchange, sent: string | undefined) {
    const kept = exchange.cookie(this.clientCookie.name)
    if (sent !== undefined) return { name: sent, cookies: [] }
    if (kept !== undefined && /^[\w-]{22}$/.test(kept)) return { name: kept, cookies: [] }
    const name = randomToken(this.#ground.random, 16)
    return { name, cookies: [this.clientCookie.set(name, clientLifetime)] }
  }
}
