/**
 * The port over who an account is at providers (Google, a company's OpenID Connect): the pair of a
 * provider and a subject there. An address is never an identity.
 */
import type { UserScope, UserTypes } from './store.ts'

/** Somebody at a provider. */
export interface ProviderIdentity {
  /** Who says so: the name under which the provider is configured. */
  readonly provider: string
  /**
   * Who it is there, in the provider's own spelling (`sub` of OpenID Connect): 1 to 255 UTF-16
   * units (OpenID Connect Core §2), compared exactly.
   */
  readonly subject: string
  /**
   * Which issuer says so, where the provider speaks for several (tenants). Columns of the users
   * table hold the subjects of one issuer each, and know none beside it. Default: the provider's
   * only one.
   */
  readonly issuer?: string
}

/**
 * What came of a link: it was made; the account had this very identity already; or it was refused,
 * because the account has another subject at this provider, or is not there.
 */
export type LinkOutcome = 'linked' | 'kept' | 'refused'

/**
 * The port for an account's identities at providers: `(provider, subject)` names at most one
 * account.
 */
export interface Identities<T extends UserTypes = UserTypes> {
  /** What the implementation is, for descriptions. */
  readonly name: string
  /** What is wrong with the table for the providers that are configured, one sentence each. */
  readonly problems: readonly string[]

  /**
   * The row of the account that is linked to this identity, or `null`. An impossible subject is
   * nobody's.
   */
  find(identity: ProviderIdentity, scope: UserScope): Promise<T['row'] | null>

  /** The identities of an account, at the providers that are configured. */
  list(accountId: T['id'], scope: UserScope): Promise<readonly ProviderIdentity[]>

  /**
   * Links an account to an identity in one conditional write: nothing that is linked is
   * overwritten. Of several accounts at once one gets it.
   *
   * @throws IdentityTaken when another account has it; RejectedValue for a subject that cannot be
   *   stored.
   */
  link(accountId: T['id'], identity: ProviderIdentity, scope: UserScope): Promise<LinkOutcome>

  /**
   * Inserts an account that has the identity from the start, in one write: there is no moment at
   * which the account is there and nobody can log in to it, and an identity that is taken makes no
   * account.
   *
   * @param values Those of the account, as for `UserStore.insert`; `during` likewise.
   * @throws IdentityTaken when another account has it; else what `UserStore.insert` throws.
   */
  insert(
    values: Readonly<Record<string, unknown>>,
    identity: ProviderIdentity,
    scope: UserScope,
    during?: (transaction: T['transaction'], row: T['row']) => T['during'],
  ): Promise<T['row']>

  /**
   * Takes the identity from the account, if it has exactly this one. Of several at once, one does.
   */
  unlink(accountId: T['id'], identity: ProviderIdentity, scope: UserScope): Promise<boolean>
}

/** The identity is another account's. The message repeats no subject. */
export class IdentityTaken extends Error {
  readonly provider: string

  constructor(provider: string, options?: ErrorOptions) {
    super(`another account has this identity at ${provider}`, options)
    this.name = 'IdentityTaken'
    this.provider = provider
  }
}

/** No subject has more (OpenID Connect Core §2: 255 ASCII characters). */
const maxSubjectLength = 255

/** Whether a provider may call somebody so: not empty, bounded, and storable everywhere. */
export function isSubject(subject: unknown): subject is string {
  return (
    typeof subject === 'string' &&
    subject !== '' &&
    subject.length <= maxSubjectLength &&
    subject.isWellFormed() &&
    !subject.includes('\0')
  )
}
