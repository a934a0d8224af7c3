/**
 * Codes: what stands beside a link in a message, short enough to be typed.
 *
 * A code is good with the receipt of whoever asked, and with no other: guesses count against that
 * receipt, in one step of the storage, before anything is looked at. So strangers cannot use up the
 * owner's attempts, and ten thousand guesses at once get as many looks as one after the other.
 * Besides, few codes of an account are looked at in thirty days, and few wrong ones of a network in
 * an hour; what is beyond is refused as a wrong code is, and the link is left.
 *
 * A code can also be shown by a page, to be typed in a browser that asked for a message to the same
 * address: for a link that was opened elsewhere.
 *
 * What is asked of the storage is the same whether or not there is such an account. A storage that
 * does not answer refuses: a guess could be let in.
 */
import { type KeyObject, randomInt } from 'node:crypto'
import { deriveMacKey, equalInConstantTime, hmacSha256, sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn, orUnavailable } from '../storage/outage.ts'
import {
  isFlag,
  isInstant,
  isText,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import type { UserScope } from '../users/store.ts'
import type { Receipt, Receipts } from './receipts.ts'

/** What codes look like, and how long they can be typed. */
export interface CodeRules {
  readonly digits: number
  /** Looks per receipt. */
  readonly attempts: number
  /** In seconds. */
  readonly ttl: number
}

/** What a code stands for. */
export interface CodeClaim {
  readonly purpose: string
  /** The digest of the one-time record. */
  readonly record: string
  /** The account's primary key, as text. */
  readonly user: string
  /** Whether the account knows who asked. */
  readonly isKnown: boolean
}

/** A code that was typed, and is right. */
export interface RightCode {
  readonly record: string
  /** Gives back what was counted for it: only wrong ones count. */
  settle(): Promise<void>
}

/** Why a code does not count; told to the operator, not to who typed it. */
export type CodeRefusal = 'gone' | 'wrong_code' | 'attempts_used' | 'codes_used_up'

export interface RefusedCode {
  readonly reason: CodeRefusal
  /** How many more the receipt has. */
  readonly attemptsLeft: number
}

interface StoredCode {
  /** A keyed digest: six digits are soon tried. */
  readonly code: string
  readonly record: string
  readonly user: string
  readonly isKnown: boolean
  readonly expiresAt: number
}

const codeShape: Shape<StoredCode> = {
  code: isText,
  record: isText,
  user: isText,
  isKnown: isFlag,
  expiresAt: isInstant,
}

/**
 * Codes of an account that are looked at, in lanes for strangers and for whom it knows: a budget
 * refills while it is used, so that both together are a hundred in any thirty days at most.
 */
const perAccount = { strangers: 40, known: 10, nobody: 40 } as const
const accountPeriod = 30 * 86_400

/** Wrong codes of a network: who asks for many people guesses at many codes. */
const perNetwork = 50
const networkPeriod = 3600

export interface MessageCodeParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly secrets: readonly string[]
  readonly emit: EventListener
  readonly receipts: Receipts
  /** Looks per receipt. */
  readonly attempts: number
}

export class MessageCodes {
  readonly #parts: MessageCodeParts
  readonly #macKeys: readonly KeyObject[]
  readonly #read: ReadRecord<StoredCode>

  constructor(parts: MessageCodeParts) {
    this.#parts = parts
    this.#macKeys = parts.secrets.map((secret) => deriveMacKey(secret, 'message-code'))
    this.#read = recordReader('message-code', codeShape, parts.emit)
  }

  /**
   * Makes a code that is good with this receipt. `null` where none would be looked at.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async make(
    scope: UserScope,
    claim: CodeClaim,
    receipt: Receipt,
    rules: CodeRules,
  ): Promise<string | null> {
    return this.#stored(this.#make(scope, claim, [receiptPlace(receipt)], rules))
  }

  /**
   * Makes one that is good with every receipt for a message to this address.
   *
   * @param contact In canonical form.
   * @throws AuthError `storage_unavailable` (503).
   */
  async show(
    scope: UserScope,
    claim: CodeClaim,
    contact: string,
    rules: CodeRules,
  ): Promise<string | null> {
    const places = this.#parts.receipts.tags(scope, contact).map(contactPlace)
    return this.#stored(this.#make(scope, claim, places, rules))
  }

  /**
   * Looks at a code, once more than before.
   *
   * @param network Whose budget of wrong codes it is; `undefined` where that is not known.
   * @throws AuthError `storage_unavailable` (503).
   */
  redeem(
    scope: UserScope,
    purpose: string,
    receipt: string,
    typed: string,
    network: string | undefined,
  ): Promise<RightCode | RefusedCode> {
    return this.#stored(this.#redeem(scope, purpose, receipt, typed, network))
  }

  async #make(
    scope: UserScope,
    { purpose, record, user, isKnown }: CodeClaim,
    places: readonly string[],
    { digits, ttl }: CodeRules,
  ): Promise<string | null> {
    const { storage, clock } = this.#parts
    const lane = this.#laneOf(scope, user, isKnown ? 'known' : 'strangers')
    const { allowed } = await storage.spend(lane.key, lane.limit, accountPeriod)
    if (!allowed) return null
    await storage.giveBack(lane.key, lane.limit, accountPeriod)
    const code = String(randomInt(10 ** digits)).padStart(digits, '0')
    const [key] = this.#macKeys
    if (key === undefined) return null
    for (const place of places) {
      const digest = digestOf(key, purpose, place, code)
      const expiresAt = clock() + ttl * 1000
      const stored: StoredCode = { code: digest, record, user, isKnown, expiresAt }
      await storage.set(this.#key(scope, purpose, place), JSON.stringify(stored), ttl)
    }
    return code
  }

  async #redeem(
    scope: UserScope,
    purpose: string,
    text: string,
    typed: string,
    network: string | undefined,
  ): Promise<RightCode | RefusedCode> {
    const { storage, keys, clock, receipts, attempts } = this.#parts
    const receipt = receipts.read(scope, purpose, text)
    if (receipt === null) return { reason: 'gone', attemptsLeft: 0 }
    const tries = keys(scope, `code-tries-${purpose}`, receipt.name)
    // Counted before anything is looked at, whether or not there is anything.
    const tried = await storage.increment(tries, (receipt.expiresAt - clock()) / 1000)
    const attemptsLeft = Math.max(0, attempts - tried)
    if (tried > attempts) return { reason: 'attempts_used', attemptsLeft }

    const places = [receiptPlace(receipt), contactPlace(receipt.contact)]
    const found = await Promise.all(
      places.map(async (place) => this.#read(await storage.get(this.#key(scope, purpose, place)))),
    )
    const live = found.map((one) => (one !== null && one.expiresAt > clock() ? one : null))
    const known = live.find((one) => one !== null) ?? null
    const isKnown = known?.isKnown ?? false
    const lane =
      known === null
        ? this.#laneOf(scope, decoy(receipt), 'nobody')
        : this.#laneOf(scope, known.user, isKnown ? 'known' : 'strangers')
    const site = network === undefined ? null : keys(scope, 'code-network', network)
    const [ofAccount, ofNetwork] = await Promise.all([
      storage.spend(lane.key, lane.limit, accountPeriod),
      site === null ? null : storage.spend(site, perNetwork, networkPeriod),
    ])
    // Worked out whatever there is.
    const right = live.filter((one, index) =>
      this.#isRight(one?.code ?? '', purpose, places[index] ?? '', typed),
    )
    if (known === null) return { reason: 'gone', attemptsLeft }
    if (!ofAccount.allowed || (!isKnown && ofNetwork?.allowed === false)) {
      return { reason: 'codes_used_up', attemptsLeft }
    }
    const [stored] = right
    if (!stored) return { reason: 'wrong_code', attemptsLeft }
    const giveBack = async () => {
      await storage.increment(tries, (receipt.expiresAt - clock()) / 1000, { by: -1 })
      await storage.giveBack(lane.key, lane.limit, accountPeriod)
      if (site !== null) await storage.giveBack(site, perNetwork, networkPeriod)
    }
    return {
      record: stored.record,
      settle: async () => void (await orGoOn('message_code', this.#parts.emit, giveBack())),
    }
  }

  /** Under every secret, whichever made it. */
  #isRight(code: string, purpose: string, place: string, typed: string): boolean {
    return this.#macKeys
      .map((key) => equalInConstantTime(digestOf(key, purpose, place, typed), code))
      .includes(true)
  }

  #laneOf(scope: UserScope, user: string, lane: keyof typeof perAccount) {
    const key = this.#parts.keys(scope, `codes-looked-at-${lane}`, user)
    return { key, limit: perAccount[lane] }
  }

  #key(scope: UserScope, purpose: string, place: string): string {
    return this.#parts.keys(scope, `one-time-code-${purpose}`, place)
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('message_code', this.#parts.emit, work)
  }
}

function receiptPlace({ name }: Receipt): string {
  return `of-receipt:${sha256(name)}`
}

function contactPlace(contact: string): string {
  return `of-contact:${contact}`
}

/** Stands for an account. One of 262,144, so that requests by strangers take bounded memory. */
function decoy({ name }: Receipt): string {
  return sha256(name).slice(0, 3)
}

function digestOf(key: KeyObject, purpose: string, place: string, code: string): string {
  return hmacSha256(key, JSON.stringify([purpose, place, code]))
}
