/**
 * Accounts in the application's own hands: `auth.users`. The rules, hooks and events are those of
 * the routes; what is missing is the question whether somebody may.
 */
import type { UserId } from '../../events.ts'
import type { OwnValues } from '../../users/registration.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'

/** Whose account it is, and who acts. */
export interface Acting extends UserScope {
  /**
   * Who does it, for events: the id of a support person, or a name such as `import`. Default:
   * nobody is named.
   */
  readonly actor?: UserId
}

/** A new account, as `auth.users.create` takes it. */
export interface NewUser<T extends UserTypes = UserTypes> {
  /** The address, where the table has one. */
  readonly email?: string
  /** The user name, where the table has one. */
  readonly username?: string
  /** Other fields of the identity, by name: `{ phone: '+43 1 …' }`. Default none. */
  readonly factors?: Readonly<Record<string, string>>
  /** Judged by the policy. Default: none, so that its owner resets it, or logs in otherwise. */
  readonly password?: string | null
  /**
   * What another system stored, instead of a password: in a format of ours, or one that
   * `passwords.adopt` names. The policy cannot judge it. At its owner's first login it is replaced.
   */
  readonly hashedPassword?: string
  /** Columns of yours, by property. They win over `registration.newUserDefaults` and the like. */
  readonly values?: Readonly<OwnValues<T>>
  /** Whether it is proven that the owner reads what is sent to the address. Default `false`. */
  readonly verified?: boolean
  /** An administrator. Default `false`. */
  readonly superuser?: boolean
  /** Default: what the table says, else `true`. */
  readonly active?: boolean
}

/** One thing by which somebody gets in to an account. Nothing in it opens anything. */
export interface CredentialInfo {
  /** `password`, `session`, `token_login` (refresh tokens), `api_key`, or that of a feature. */
  readonly kind: string
  /** Names it among those of its kind. */
  readonly id: string
  /** What its owner knows it by: a browser, the name of a key. */
  readonly label: string | null
  readonly createdAt: Date | null
  /** `null` where that is not known, or never. */
  readonly lastUsedAt: Date | null
  /** `null` for never. */
  readonly expiresAt: Date | null
}

/** Accounts in the application's own hands: `auth.users`. */
export interface UserAdministration<T extends UserTypes = UserTypes> {
  /** The user with this primary key; `null` for nobody. */
  get(userId: T['id'], scope?: UserScope): Promise<Readonly<T['user']> | null>
  /**
   * The user who would log in with this, in any of the login fields and any spelling; `null` for
   * nobody.
   */
  find(identifier: string, scope?: UserScope): Promise<Readonly<T['user']> | null>
  /**
   * Makes an account, as `/register` does: the same rules for addresses, names and passwords, the
   * same look for collisions, `registration.newUserDefaults` and `newUserFields`, `registering` in
   * the transaction, `afterRegister`. It sends no message and logs nobody in.
   *
   * @returns The user as it is in the database.
   * @throws AuthError `validation_failed` (422) with a sentence for each field, `duplicate_value`
   *   (422), `overloaded` (503); TypeError for a hash in no known format and for a value that is
   *   not the application's; and whatever the hooks throw.
   *
   * @example
   * ```ts
   * const admin = await auth.users.create(
   *   { email: 'ann@example.com', username: 'ann', password, superuser: true, verified: true },
   *   { actor: 'setup' },
   * )
   * ```
   */
  create(user: NewUser<T>, acting?: Acting): Promise<Readonly<T['user']>>
  /**
   * Gives an account another password, or a first one. Ends every credential from before, and
   * forgets the known devices. Its owner is told, as after `/change-password`.
   *
   * @returns `false` for a user who is not there, or frozen: open that one with `unfreeze`.
   * @throws AuthError `validation_failed` (422) for a password that the policy refuses;
   *   `overloaded`, `storage_unavailable` (503): the password is set; and what the hook throws.
   */
  setPassword(userId: T['id'], password: string, acting?: Acting): Promise<boolean>
  /**
   * Takes the password from an account, and ends every credential from before: the owner resets it,
   * or logs in otherwise.
   *
   * @returns `false` for a user who is not there, is frozen, or has none.
   * @throws AuthError `storage_unavailable` (503): it is gone.
   */
  dropPassword(userId: T['id'], acting?: Acting): Promise<boolean>
  /**
   * Has the owner choose another password: the one that there is proves who somebody is, and gives
   * nobody in. A login with it is answered `password_change_required` (403) with a `proof`, for
   * `POST /renew-password`. Ends every credential from before. A reset does, too.
   *
   * @returns `false` for a user who is not there, is frozen, or has no password.
   * @throws RangeError where the column has no room for the mark: 8 characters beside the hash.
   *   AuthError `storage_unavailable` (503): it is required.
   */
  requirePasswordChange(userId: T['id'], acting?: Acting): Promise<boolean>
  /**
   * Notes that the owner reads what is sent to the account's address or number, as somebody who
   * knows it says. Keeps every credential; runs `afterRecoveryVerified`.
   *
   * @returns `false` for a user who is not there or has no address.
   * @throws ConfigurationError where no column says so; and what the hook throws.
   */
  markVerified(userId: T['id'], acting?: Acting): Promise<boolean>
  /**
   * Everything by which somebody gets in to the account, by kind.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  credentials(userId: T['id'], scope?: UserScope): Promise<CredentialInfo[]>
  /**
   * Ends one of them.
   *
   * @returns `false` where the user has no such.
   * @throws AuthError `storage_unavailable` (503).
   */
  endCredential(
    userId: T['id'],
    credential: Pick<CredentialInfo, 'kind' | 'id'>,
    acting?: Acting,
  ): Promise<boolean>
  /**
   * Disables a user, and ends every credential: sessions, logins by tokens, sign-ins that wait, and
   * API keys that carry an epoch. What ended does not come back with the user. Other API keys are
   * dead for as long as the user is disabled.
   *
   * Without `tokenVersion` access tokens are refused only for as long as the user is disabled.
   *
   * @returns `false` for a user who is not there.
   * @throws ConfigurationError where no column says whether a user is active. AuthError
   *   `storage_unavailable` (503): the user is disabled; without `tokenVersion` logins may survive.
   */
  disable(userId: T['id'], acting?: Acting): Promise<boolean>
  /**
   * Lets a user log in again. Whoever was disabled in another way than by `disable` loses every
   * credential from before here, as with `disable`; of a user who is active nothing ends.
   *
   * @returns `false` for a user who is not there.
   * @throws as `disable`; the user then stays disabled.
   */
  enable(userId: T['id'], acting?: Acting): Promise<boolean>
  /**
   * Ends every credential of a user: sessions, logins by tokens, and whatever carries an epoch. The
   * password stays.
   *
   * @returns How many sessions were among them; 0 for a user who is not there.
   * @throws AuthError `storage_unavailable` (503): the epoch has risen, sessions may still be
   *   listed.
   */
  endAll(userId: T['id'], acting?: Acting): Promise<number>
  /**
   * Opens an account that was frozen by the link of a notice: without a password, and without any
   * credential from before. Its owner resets the password next.
   *
   * @param options `contact` puts another address in the place of the one that it has, as one that
   *   is proven: whoever reads it gets the account.
   * @returns `false` for a user who is not frozen, or not there.
   * @throws AuthError `validation_failed` (422) for a contact that is none, `duplicate_value` (422)
   *   for one that another account has.
   */
  unfreeze(userId: T['id'], options?: Acting & { readonly contact?: string }): Promise<boolean>
}
