/**
 * The synchronizer token of a session. It is not kept but made again from what the session is, with
 * a key of the application's: who reads the storage learns no token.
 *
 * It is bound to the login and not to the identifier, so that pages which hold it go on working
 * when the session gets another one. A session whose page has lost it gets the next.
 */
import { createHmac, type KeyObject } from 'node:crypto'
import { deriveMacKey, equalInConstantTime } from '../../crypto.ts'
import { audienceTag } from '../../storage/owner-index.ts'
import { type LiveSession, loginOf } from './records.ts'

export interface CsrfTokenParts {
  readonly secrets: readonly string[]
  /** One of each secret. */
  readonly audiences: readonly string[]
}

type Session = Pick<LiveSession, 'handle' | 'record'>

export class CsrfTokens {
  readonly #parts: CsrfTokenParts
  #keys: readonly KeyObject[] | undefined

  constructor(parts: CsrfTokenParts) {
    this.#parts = parts
  }

  /**
   * The token that pages get: made with the secret of the session, so that while secrets rotate
   * every process that knows the session accepts it.
   */
  of(session: Session): string {
    const { audiences } = this.#parts
    const index = audiences.findIndex((one) => audienceTag(one) === session.record.audience)
    return made(this.#allKeys()[index] as KeyObject, session)
  }

  /**
   * Which of these texts is the session's token. A session that got another identifier may have the
   * one of an earlier secret.
   */
  among(session: Session, texts: readonly string[]): string | undefined {
    const tokens = this.#allKeys().map((key) => made(key, session))
    return texts.find((text) => tokens.some((token) => equalInConstantTime(text, token)))
  }

  #allKeys(): readonly KeyObject[] {
    this.#keys ??= this.#parts.secrets.map((secret) => deriveMacKey(secret, 'csrf'))
    return this.#keys
  }
}

/** 64 lower-case hexadecimal digits. */
function made(key: KeyObject, session: Session): string {
  const { csrfRenewals = 0 } = session.record
  return createHmac('sha256', key)
    .update(`${csrfRenewals}:${loginOf(session)}`)
    .digest('hex')
}
