/**
 * What the library tells its operator while it runs.
 *
 * An event names what happened and to whom (a user id, a client address), never a credential and
 * never what was typed. Who is told of them is in `listener.ts`.
 */

import type { ErrorCode } from './errors.ts'

/**
 * Something worth a line in a log, a metric or an alert. `actor` is who did it with `auth.users`,
 * where that was named.
 */
export type AuthEvent =
  | {
      readonly name: 'login.succeeded'
      readonly userId: UserId
      readonly transport: string
      /** See `Principal.login`. */
      readonly login: string
      /** `null` where no request asked, too. */
      readonly address: string | null
    }
  | {
      readonly name: 'login.failed'
      /**
       * `change_required`: the password is right, and its owner has to choose another one.
       * `unverified`: the owner has to verify the address first.
       */
      readonly reason: 'unknown' | 'password' | 'disabled' | 'change_required' | 'unverified'
      readonly userId: UserId | null
      readonly address: string | null
    }
  | {
      /**
       * Somebody with a credential of the account gave a wrong password: for sudo, or to change it.
       */
      readonly name: 'reauthentication.failed'
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /** A session may do what needs sudo, until that instant (milliseconds since the epoch). */
      readonly name: 'sudo.elevated'
      readonly userId: UserId
      readonly until: number
      readonly login: string
      readonly address: string | null
    }
  | {
      /** A login used up its attempts at sudo. */
      readonly name: 'sudo.locked'
      readonly userId: UserId
      readonly address: string | null
      readonly lockSeconds: number
    }
  | {
      /** A first password was set, or one was changed. */
      readonly name: 'password.set' | 'password.changed'
      readonly userId: UserId
      /** `null` where no login was behind it: `/renew-password`, `auth.users`. */
      readonly transport: string | null
      readonly login: string | null
      readonly address: string | null
      readonly actor?: UserId
    }
  | {
      /** By `auth.users`: an account has no password any more, or its owner has to change it. */
      readonly name: 'password.dropped' | 'password.change_required'
      readonly userId: UserId
      readonly actor?: UserId
    }
  | {
      /** All credentials of an account were ended, but perhaps for one session. */
      readonly name: 'credentials.revoked'
      readonly userId: UserId
      /** How many sessions were among them. */
      readonly sessions: number
      readonly reason: RevocationReason
      readonly actor?: UserId
    }
  | {
      /**
       * One login ended, by its owner (`POST /logout`, `/revoke`, one of the list of sessions) or
       * by the application. Ends of all of them are `credentials.revoked`.
       */
      readonly name: 'login.ended'
      readonly reason: 'logout' | 'revoked'
      readonly userId: UserId
      readonly transport: string
      /** See `Principal.login`. */
      readonly login: string
      /** `null` where the application ended it, too. */
      readonly address: string | null
      readonly actor?: UserId
    }
  | {
      readonly name: 'registration.succeeded'
      readonly userId: UserId
      /** `null` where no request asked, too. */
      readonly address: string | null
      readonly actor?: UserId
    }
  | {
      /** Somebody wanted a name or an address that another account has. */
      readonly name: 'registration.refused'
      readonly reason: 'taken'
      readonly address: string | null
      readonly actor?: UserId
    }
  | {
      /** By `auth.invitations`. The id names the invitation and opens nothing. */
      readonly name: 'invitation.created' | 'invitation.revoked'
      readonly invitationId: string
      readonly actor?: UserId
    }
  | {
      /** Somebody registered with it. */
      readonly name: 'invitation.redeemed'
      readonly invitationId: string
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /** One that is unknown, expired, used or revoked. */
      readonly name: 'invitation.refused'
      readonly address: string | null
    }
  | {
      readonly name: 'refresh.succeeded'
      readonly userId: UserId
      readonly login: string
      readonly address: string | null
    }
  | {
      /**
       * A refresh token did not count: none of ours or expired (`invalid`), of a login that has
       * ended (`ended`), or of a user who is disabled, gone, or has other credentials by now.
       */
      readonly name: 'refresh.refused'
      readonly reason: 'invalid' | 'ended' | 'user'
      readonly userId: UserId | null
      readonly address: string | null
    }
  | {
      /**
       * An access token or an API key did not count: none of ours (`invalid`), or one that was
       * good and has ended (`ended`). An access token that expired is not told.
       */
      readonly name: 'credential.refused'
      readonly transport: string
      readonly reason: 'invalid' | 'ended'
      readonly address: string | null
    }
  | {
      /** A request with a session lacked its CSRF token. */
      readonly name: 'csrf.refused'
      readonly reason: 'missing' | 'invalid'
      readonly path: string
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /** Somebody who is known did not meet a gate, with the code of the answer. */
      readonly name: 'gate.refused'
      readonly code: ErrorCode
      readonly path: string
      readonly userId: UserId
      readonly transport: string
      readonly address: string | null
    }
  | {
      /**
       * A session is used from another network and with another browser than at its login: its
       * cookie was probably copied. Once for each session and such place, at most eight times.
       */
      readonly name: 'session.elsewhere'
      readonly userId: UserId
      readonly login: string
      readonly address: string | null
    }
  | {
      readonly name: 'api_key.created' | 'api_key.revoked'
      readonly userId: UserId
      readonly apiKeyId: string
      /** `null` where the application made or ended it, too. */
      readonly address: string | null
      readonly actor?: UserId
    }
  | {
      /** By `auth.users`. */
      readonly name: 'user.disabled' | 'user.enabled'
      readonly userId: UserId
      readonly actor?: UserId
    }
  | {
      /** A dimension used up its budget and is locked. */
      readonly name: 'lockout.tripped'
      readonly dimension: LockoutDimension
      readonly userId: UserId | null
      readonly address: string | null
      readonly lockSeconds: number
      /** Only reported, because the lockout is in observe mode. */
      readonly observed: boolean
    }
  | {
      /** A refresh token was used a second time: somebody else has it, and its login was ended. */
      readonly name: 'refresh.replayed'
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /**
       * A refresh token was used again within its grace, by the same client: two tabs, or a retry.
       */
      readonly name: 'refresh.reused'
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      readonly name: 'rate_limit.exceeded'
      readonly action: string
      /** `null` for a limit that does not count by user or login. */
      readonly userId: UserId | null
      readonly address: string | null
      readonly observed: boolean
    }
  | {
      readonly name: 'origin.refused'
      readonly path: string
      readonly origin: string | null
      readonly observed: boolean
    }
  | {
      /** A stored password hash was replaced by one in today's format, or could not be. */
      readonly name: 'password.upgraded' | 'password.upgrade_failed'
      readonly userId: UserId
      readonly error?: unknown
    }
  | {
      /** A format or function in `passwords.adopt` threw; the attempt was refused. */
      readonly name: 'password.adopted_failed'
      readonly format: string
      readonly error: unknown
    }
  | {
      /**
       * The check for breached passwords did not answer; `effect` says what became of the password.
       */
      readonly name: 'password.breach_check_failed'
      readonly effect: 'refused' | 'let_through'
      readonly error: unknown
    }
  | {
      /** A hook threw something that is not an `AuthError`. */
      readonly name: 'hook.failed'
      readonly hook: string
      readonly error: unknown
    }
  | {
      /** The storage did not answer; `effect` says what became of the request. */
      readonly name: 'storage.failed'
      readonly operation: string
      readonly effect: 'refused' | 'let_through'
      readonly error: unknown
    }
  | {
      /** A record in the storage was malformed, and was treated as absent: a session, a login. */
      readonly name: 'storage.unreadable'
      readonly kind: string
    }
  | {
      /**
       * The storage has forgotten what this process wrote: it was restored from a snapshot, lost
       * its last moments in a failover, or was emptied. What had been logged out or used up since
       * may live again, unless all logins from before were ended.
       */
      readonly name: 'storage.rolled_back'
      readonly endedLogins: boolean
    }
  | {
      /** The application's database did not answer, and the request was refused. */
      readonly name: 'database.failed'
      readonly operation: string
      readonly error: unknown
    }
  | { readonly name: 'request.failed'; readonly path: string; readonly error: unknown }
  | {
      /**
       * Somebody asked for a message, such as a link to reset a password. The outcome is not told
       * to who asked: `unknown` (nobody has this address), `not_wanted` (it is verified already),
       * `limited` (too many), `still_valid` (what was sent before is good).
       */
      readonly name: 'recovery.requested'
      readonly purpose: string
      readonly outcome: 'sent' | 'failed' | 'unknown' | 'not_wanted' | 'limited' | 'still_valid'
      readonly userId: UserId | null
      readonly address: string | null
    }
  | {
      /** A link was used for what it is for. */
      readonly name: 'recovery.redeemed'
      readonly purpose: string
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /**
       * A link or a code was refused: `gone` for what expired, was ended by a change of the
       * account, or never was. Of codes: `wrong_code`; `attempts_used`, whoever asked had their
       * attempts; `codes_used_up`, too many were looked at of this account, or were wrong in this
       * network.
       */
      readonly name: 'recovery.refused'
      readonly purpose: string
      readonly reason: 'used' | 'gone' | 'wrong_code' | 'attempts_used' | 'codes_used_up'
      readonly address: string | null
    }
  | {
      /** It is proven that an account's owner reads what is sent to its address. */
      readonly name: 'recovery.verified'
      readonly userId: UserId
      readonly actor?: UserId
    }
  | {
      /** An account has another address, which is proven. */
      readonly name: 'contact.changed'
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /** Nobody is let in to an account until it is clear whose it is; or that is over. */
      readonly name: 'user.frozen' | 'user.unfrozen'
      readonly userId: UserId
      readonly actor?: UserId
    }
  | {
      /**
       * A frozen account still has ways in that somebody may have added, such as identities at
       * providers. They open nothing while it is frozen, and are taken before it is opened.
       */
      readonly name: 'user.freeze_incomplete'
      readonly userId: UserId
      readonly error: unknown
    }
  | {
      /** An account has an identity at a provider, or has it no more. */
      readonly name: 'identity.linked' | 'identity.unlinked'
      readonly userId: UserId
      readonly provider: string
      /** `null` where no request asked, too. */
      readonly address: string | null
      readonly actor?: UserId
    }
  | {
      /**
       * A sign-in at a provider came to nothing. `detail` is for you: what failed, without anything
       * that the provider answered.
       */
      readonly name: 'oauth.refused'
      readonly provider: string
      readonly reason: string
      readonly detail: string
      readonly address: string | null
    }
  | {
      /**
       * Whose subjects the column of a provider holds from now on: nothing was known of it, at its
       * first sign-in, or after the storage was emptied.
       */
      readonly name: 'oauth.issuer_recorded'
      readonly provider: string
      readonly issuer: string
    }
  | {
      /**
       * Nobody gets in by a provider: another issuer is configured than the one whose subjects its
       * column holds.
       */
      readonly name: 'oauth.issuer_changed'
      readonly provider: string
      /** As configured. */
      readonly issuer: string
      readonly recorded: string
    }
  | {
      /** A password was set by the link of a message; all credentials of the account ended. */
      readonly name: 'password.reset'
      readonly userId: UserId
      readonly address: string | null
    }
  | {
      /** A channel took a message. */
      readonly name: 'message.delivered'
      readonly kind: string
      readonly channel: string
      /** `null` for a message that is about no account. */
      readonly userId: UserId | null
      /** Which attempt it was, counted from 1. */
      readonly attempt: number
    }
  | {
      /** A channel did not take a message. */
      readonly name: 'message.failed'
      readonly kind: string
      /** `null` where no channel takes such messages. */
      readonly channel: string | null
      readonly userId: UserId | null
      readonly attempt: number
      /** When it is tried again; `null` when it is not. */
      readonly retryInSeconds: number | null
      /** What the channel threw, without link, code and address, and without objects. */
      readonly error: unknown
    }
  | {
      /**
       * A message to a telephone number was not sent: too many went to its country, or to all
       * numbers, or `phones.allows` said no.
       */
      readonly name: 'message.withheld'
      readonly kind: string
      readonly reason: 'country' | 'all' | 'application'
      /** `null` for what is no number with a country code. */
      readonly country: string | null
      readonly userId: UserId | null
    }
  | {
      /** Work that goes on after an answer failed, or was given up when everything was closed. */
      readonly name: 'background.failed'
      readonly work: string
      readonly error: unknown
    }
  | {
      /** Something about the set-up that deserves attention; reported once per process. */
      readonly name: 'warning'
      readonly code:
        | 'generated_secret'
        | 'memory_storage'
        | 'unknown_client_address'
        | 'dropped_field'
        | 'ignored_forwarded_header'
        | 'refused_origin'
        | 'refused_cookie'
        | 'default_namespace'
        | 'lockout_without_recovery'
        | 'pool_without_limits'
        | 'development_inbox'
        | 'plain_registration'
      readonly message: string
    }

/**
 * Why all credentials of an account ended: their owner asked for it (`POST /logout-all`), the user
 * was disabled, the application ended them, the password was reset, the mailbox was proven for the
 * first time by somebody who may not have chosen the password (`first_proof`: what was planted
 * before is dropped), or a link froze the account.
 */
export type RevocationReason =
  | 'logout_all'
  | 'disabled'
  | 'application'
  | 'reset'
  | 'first_proof'
  | 'frozen'

/** A primary key of the users table, in its own type. */
export type UserId = string | number | bigint

/**
 * What a lockout counts by: an account, one network at one account, a network at many accounts, a
 * known device, or a login.
 */
export type LockoutDimension = 'account' | 'account_network' | 'network' | 'device' | 'login'

/** For events: nothing where nobody acts for somebody else. */
export function actorOf({ actor }: { readonly actor?: UserId | undefined }): {
  readonly actor?: UserId
} {
  return actor === undefined ? {} : { actor }
}

/** Receives every `AuthEvent`; see `onEvent`. It is not awaited. */
export type EventListener = (event: AuthEvent) => void
