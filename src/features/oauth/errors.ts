/**
 * Why a sign-in at a provider came to nothing, in codes that are stable: people are sent to the
 * application's page with one of them, and never with a provider's text.
 */
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { Refusal } from './decision.ts'

/**
 * What the page is told, beside `error=oauth_failed`. The linking rules' own are in `decision.ts`.
 */
export type OAuthReason =
  | Refusal
  /** The person said no, at the provider. */
  | 'denied'
  /** The flow is unknown, expired, used, or another browser's: begin again. */
  | 'state_invalid'
  /** The redirect URI of an application is none that is listed. */
  | 'redirect_invalid'
  /** A code of ours is unknown, used, expired, or another's: begin again. */
  | 'code_invalid'
  /** Another issuer is configured than the one whose people are in the column. */
  | 'issuer_changed'
  /** The provider does not answer. */
  | 'provider_unavailable'
  /** What it answered does not count. */
  | 'provider_invalid'
  /** It is somebody else's: sign in with it, or unlink it there. */
  | 'identity_taken'
  /** The session that began is not the one that came back. */
  | 'session_changed'
  /** A further proof is wanted; `wanted` says which. */
  | 'further_proof_required'
  /** Its address is not verified, and that is required. */
  | 'not_verified'
  | 'unavailable'

/** What each reason is for a program, and for a person. */
const answers: Readonly<Record<OAuthReason, readonly [ErrorCode, string]>> = {
  account_exists: [
    'oauth_account_exists',
    'An account with this email already exists. Sign in with your existing method to link this provider.',
  ],
  other_identity: [
    'oauth_account_exists',
    'This account is linked to another account at this provider. Sign in with that one, or with your existing method to unlink it.',
  ],
  no_address: [
    'oauth_no_address',
    'The provider did not give an email address, which is required to create an account.',
  ],
  no_account: ['oauth_no_account', 'There is no account for this identity. Ask for one.'],
  account_unavailable: ['oauth_account_unavailable', 'This account cannot be used.'],
  denied: ['oauth_failed', 'The sign-in was cancelled.'],
  state_invalid: ['oauth_state_invalid', 'Invalid or expired OAuth state'],
  redirect_invalid: ['oauth_redirect_invalid', 'The redirect URI is not listed.'],
  code_invalid: ['oauth_code_invalid', 'Invalid or expired code'],
  issuer_changed: ['oauth_failed', 'This provider cannot be used at the moment.'],
  provider_unavailable: ['oauth_failed', 'The provider does not answer. Try again.'],
  provider_invalid: ['oauth_failed', 'The provider’s answer could not be used.'],
  identity_taken: [
    'oauth_identity_taken',
    'This identity is linked to another account. Sign in with it, or unlink it there.',
  ],
  session_changed: ['oauth_state_invalid', 'Sign in, and link the provider again.'],
  further_proof_required: ['further_proof_required', 'A further proof is required.'],
  not_verified: ['not_verified', 'Verify your address first'],
  unavailable: ['storage_unavailable', 'The service is temporarily unavailable.'],
}

/** A sign-in at a provider that came to nothing. */
export class OAuthRefusal extends Error {
  override readonly name = 'OAuthRefusal'
  readonly reason: OAuthReason
  readonly provider: string
  /** For the operator. */
  readonly detail: string

  constructor(reason: OAuthReason, provider: string, detail = '') {
    super(answers[reason][1])
    this.reason = reason
    this.provider = provider
    this.detail = detail
  }

  /** For a program. */
  answer(): AuthError {
    const [code, detail] = answers[this.reason]
    return new AuthError(code, detail, { members: { reason: this.reason } })
  }
}
