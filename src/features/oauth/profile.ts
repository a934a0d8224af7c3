/**
 * Who somebody is at a provider, once what it said has been judged: bounded texts, an address in
 * its one form, and whether that address is proven.
 */
import { parseEmail } from '../../users/email.ts'
import { isSubject } from '../../users/identities.ts'
import type { OAuthProvider, ProviderProfile } from './provider.ts'

/** Who somebody is at a provider. */
export interface ProvidedIdentity {
  readonly issuer: string
  readonly subject: string
  /** In canonical form. */
  readonly email: string | null
  /** Whether the provider's word is a proof of that address. */
  readonly isEmailProven: boolean
  readonly name: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly username: string | null
  readonly picture: string | null
}

/** `null` where the provider does not say who it is. */
export function identityOf(
  provider: OAuthProvider,
  profile: ProviderProfile | null,
): ProvidedIdentity | null {
  if (profile === null) return null
  const subject = subjectOf(profile.subject)
  if (subject === null) return null
  const { address, isVerified } = profile.email ?? { address: null, isVerified: false }
  const email = typeof address === 'string' ? parseEmail(address) : null
  return {
    issuer: profile.issuer ?? provider.issuer,
    subject,
    email,
    isEmailProven: email !== null && isVerified === true && provesAddress(provider, email),
    name: shortText(profile.name),
    givenName: shortText(profile.givenName),
    familyName: shortText(profile.familyName),
    username: shortText(profile.username),
    picture: pictureOf(profile.picture),
  }
}

/**
 * Whether a provider's word for an address counts. Never without a code challenge and without a
 * nonce: then a code of somebody else's can be put into the answer, and only its state is bound to
 * the browser (RFC 9700 §4.5).
 */
export function provesAddress(provider: OAuthProvider, email: string): boolean {
  const { provesAddresses, pkce, idToken } = provider
  if (!pkce && idToken?.nonce !== true) return false
  if (typeof provesAddresses === 'string') return provesAddresses === 'verified'
  const domain = email.slice(email.lastIndexOf('@') + 1)
  return provesAddresses.some((one) => one.toLowerCase() === domain)
}

/** A subject is a text; some providers write a whole number. */
function subjectOf(subject: unknown): string | null {
  const text = Number.isSafeInteger(subject) ? String(subject) : subject
  return isSubject(text) ? text : null
}

function shortText(value: unknown): string | null {
  if (typeof value !== 'string' || !value.isWellFormed()) return null
  const text = value.trim()
  return text === '' || text.length > 255 || text.includes('\0') ? null : text
}

function pictureOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2048) return null
  return URL.parse(value)?.protocol === 'https:' ? value : null
}
