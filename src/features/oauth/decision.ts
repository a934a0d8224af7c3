/**
 * Whose account an identity is: one decision, as a pure function, so that each case of it is a line
 * in a table.
 *
 * An identity is an issuer and a subject, and an address is never one: it only says which account
 * may be linked, where the provider's word for it is a proof, and what else was planted in that
 * account goes (pre-hijacking: Sudhodanan and Paverd, USENIX Security 2022).
 */

/** What is known when an answer has come. */
export interface Situation {
  /** The account that has this identity. */
  readonly known: KnownAccount | null
  /** The address that the provider names, as far as it is one. */
  readonly address: 'none' | 'unproven' | 'proven'
  /** The account that has this address. */
  readonly owner: AddressOwner | null
  /** Whether an account can be made without an address. */
  readonly needsAddress: boolean
  /** Whether strangers get accounts. */
  readonly takesNewcomers: boolean
}

/** The account that has an identity already. */
export interface KnownAccount {
  /**
   * Whether the address that the provider names is the account's own, and nobody has proven it
   * here.
   */
  readonly isUnproven: boolean
  /** Whether the request comes from the browser that made the account, or from a login of it. */
  readonly isAtHand: boolean
  /** Whether it can be got in to by anything else: a password, another identity. */
  readonly hasOtherWays: boolean
  readonly isActive: boolean
}

/** The account that has the address which a provider names. */
export interface AddressOwner {
  /** Whether somebody has proven that address here; `unknown` where no column says so. */
  readonly contact: 'proven' | 'unproven' | 'unknown'
  /**
   * Whether the request comes from the browser that made the account, or from a login of it: then
   * nothing was planted.
   */
  readonly isAtHand: boolean
  /** Whether the account has another identity at this provider. */
  readonly hasOtherIdentity: boolean
  readonly isActive: boolean
  /** Whether it logs in with the address, or has it in another column only. */
  readonly hasItAsContact: boolean
}

/** Why there is no way in; the reason names the next step. */
export type Refusal =
  /** Sign in as before, then link the provider. */
  | 'account_exists'
  /** The account is linked to somebody else there. */
  | 'other_identity'
  | 'no_address'
  | 'no_account'
  /** It is disabled, or frozen. */
  | 'account_unavailable'

export type Decision =
  /** `proves`: whether the address counts as proven from now on. */
  | { readonly kind: 'sign-in'; readonly proves: boolean }
  | { readonly kind: 'create'; readonly isProven: boolean }
  /** `drops`: whether everything that was there before ends. */
  | { readonly kind: 'link'; readonly drops: boolean; readonly proves: boolean }
  | { readonly kind: 'refuse'; readonly reason: Refusal }

/** In the order of the Python original: the identity, the address, a new account. */
export function decide(situation: Situation): Decision {
  const { known, address, owner, needsAddress, takesNewcomers } = situation
  if (known !== null) return { kind: 'sign-in', proves: address === 'proven' && isProof(known) }
  if (owner !== null && address !== 'none') return decideLink(address, owner)
  if (!takesNewcomers) return refuse('no_account')
  if (address === 'none' && needsAddress) return refuse('no_address')
  return { kind: 'create', isProven: address === 'proven' }
}

/**
 * The provider's word is a proof of the mailbox, and a first one keeps what there is only where
 * nobody else can have planted it: in the browser that made the account, and where this identity is
 * all that gets somebody in. Beside a password or another identity it proves nothing here: what was
 * planted would become the owner's. Nor does it drop them: their owner only signed in, as always.
 */
function isProof({ isUnproven, isAtHand, hasOtherWays, isActive }: KnownAccount): boolean {
  return isUnproven && isActive && (isAtHand || !hasOtherWays)
}

function decideLink(address: 'unproven' | 'proven', owner: AddressOwner): Decision {
  // Anybody could have written it: an account is nobody's for the asking.
  if (address === 'unproven' || !owner.hasItAsContact) return refuse('account_exists')
  // Without a flag nobody knows whose it is: linking could let a stranger in, dropping could take
  // its password from an owner of years.
  if (owner.contact === 'unknown') return refuse('account_exists')
  if (!owner.isActive) return refuse('account_unavailable')
  // The address went to somebody else there, or the person has two accounts.
  if (owner.hasOtherIdentity && owner.contact === 'proven') return refuse('other_identity')
  if (owner.contact === 'proven') return { kind: 'link', drops: false, proves: false }
  if (owner.isAtHand && !owner.hasOtherIdentity) {
    return { kind: 'link', drops: false, proves: true }
  }
  return { kind: 'link', drops: true, proves: true }
}

function refuse(reason: Refusal): Decision {
  return { kind: 'refuse', reason }
}
