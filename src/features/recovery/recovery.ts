/**
 * `recovery()`: verify an address, and get back in without the password, over whatever brings
 * messages to people.
 */
import { Acquaintance } from '../../credentials/acquaintance.ts'
import { type CodeRules, MessageCodes } from '../../credentials/message-codes.ts'
import { OneTimeRecords } from '../../credentials/one-time.ts'
import { Receipts } from '../../credentials/receipts.ts'
import type { Refuse } from '../../credentials/sign-in.ts'
import { strictest } from '../../delivery/codes.ts'
import { Deliveries } from '../../delivery/deliveries.ts'
import type { DevelopmentInbox } from '../../delivery/inbox.ts'
import { AuthError } from '../../errors.ts'
import type { Company, Feature, Ground, HandleKind, UsersOf, Wired } from '../../feature.ts'
import { Asking } from './asking.ts'
import { MessageBudgets } from './budgets.ts'
import { Confirmation } from './confirmation.ts'
import { confirmationRoutes } from './confirmation-routes.ts'
import { ContactChange } from './contact-change.ts'
import { usualCodes } from './elsewhere.ts'
import { type Recovery, recoveryHandle } from './handle.ts'
import { inboxRoute } from './inbox-route.ts'
import { LinkRegistration } from './link-registration.ts'
import { LinkSignIn } from './link-sign-in.ts'
import { confirmTtl, RecoveryMessages } from './messages.ts'
import { NameChoices } from './name-choices.ts'
import { Newcomers } from './newcomers.ts'
import { type RecoveryOptions, type RecoverySettings, recoveryOptions } from './options.ts'
import { PhoneBudgets } from './phones.ts'
import { PasswordReset } from './reset.ts'
import { recoveryRoutes } from './routes.ts'
import { Sending } from './sending.ts'
import { ChangeNotices } from './undo.ts'
import { Unlocking } from './unlock.ts'
import { Verification } from './verify.ts'

interface RecoveryKind extends HandleKind {
  readonly handle: Recovery<UsersOf<this['users']>>
}

/** What `recovery()` returns: for `features`. */
export type RecoveryFeature = Feature<'recovery', 'recovery', RecoveryKind>

/**
 * Ways back in: links that verify an address and reset a password, and `auth.recovery`.
 *
 * @example
 * ```ts
 * crudAuth({
 *   users,
 *   secret,
 *   transports: [session()],
 *   features: [
 *     recovery({ channels: [email(sender)], frontendUrl: 'https://app.example.com' }),
 *   ],
 * })
 * ```
 */
export function recovery(options: RecoveryOptions): RecoveryFeature {
  const { settings, problems } = recoveryOptions.read(options, 'recovery')
  return {
    name: 'recovery',
    key: 'recovery',
    problems,
    problemsAmong: (others) => problemsAmong(settings, others),
    wire: (ground) => wire(settings, ground),
  }
}

function problemsAmong(
  { verified, frontendUrl }: RecoverySettings,
  { recovery: factor, isProvable, secureCookies }: Company,
): string[] {
  if (factor === null) {
    return [
      "recovery() needs a field by which accounts are recovered; write identity: { recovery: 'email' }, with a unique column for it",
    ]
  }
  const problems: string[] = []
  if (verified === 'required' && !isProvable) {
    problems.push(
      "recovery.verified is 'required', but the users table has no column that says who is verified, so that nobody could log in; add one for emailVerified, or leave it out",
    )
  }
  if (process.env['NODE_ENV'] === 'production' && secureCookies && isOpenToListeners(frontendUrl)) {
    problems.push(
      `recovery.frontendUrl is ${frontendUrl}, so that whoever is on the way can read links and new passwords; write https://, or cookies: { secure: false } where all of it is plain HTTP in a network of your own`,
    )
  }
  return problems
}

/** Plain HTTP to another machine. */
function isOpenToListeners(address: string): boolean {
  const url = URL.parse(address)
  return url?.protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
}

/** Who has the password, but has not shown that the address is theirs. */
function unverified(row: object, { accounts }: Ground): ReturnType<Refuse> {
  if (accounts.isVerified(row)) return null
  return {
    reason: 'unverified',
    error: new AuthError('not_verified', 'Verify your address first'),
  }
}

function wire(settings: RecoverySettings, ground: Ground): Wired {
  const { channels, retries, deliveryTimeoutMs: timeoutMs } = settings
  const deliveries = new Deliveries({ channels, retries, timeoutMs }, ground)
  const rules = strictest(channels)
  const receipts = new Receipts(ground)
  const codes = new MessageCodes({
    ...ground,
    receipts,
    attempts: (rules ?? usualCodes).attempts,
  })
  const sending = new Sending(settings, ground, {
    deliveries,
    codes,
    receipts,
    phones: new PhoneBudgets(settings.phones, ground),
  })
  const parts = { records: new OneTimeRecords(ground), receipts, codes, sending }
  const asking = new Asking(ground, receipts, receiptLifetimes(settings, rules))
  const inboxes = channels.filter(isDevelopmentInbox)
  for (const inbox of inboxes) inbox.announce(ground.emit)
  const {
    verifyTtl,
    resetTtl,
    unlockTtl,
    changeTtl,
    undoTtl,
    limits,
    tokenIn,
    resetSignsIn,
    resetKeepsDevices,
  } = settings
  /** Where it works, once everything is wired. */
  const wired: { notices?: ChangeNotices } = {}
  const newcomers = new Newcomers(settings)
  return {
    deliveries,
    newcomers,
    ...(settings.verified === 'required'
      ? { refuses: (row: object) => unverified(row, ground) }
      : {}),
    reaches: (row) => ground.accounts.recoveryContact(row) !== null,
    passwordChanged: (place, row) => wired.notices?.passwordChanged(place, row),
    identityChanged: (place, row, change) => wired.notices?.identityChanged(place, row, change),
    cookies: [asking.clientCookie, ...(settings.signIn ? [asking.receiptCookie] : [])],
    description: {
      channels: channels.map(({ name }) => name),
      verifyTtl,
      resetTtl,
      unlockTtl,
      changeTtl,
      undoTtl,
      limits,
      tokenIn,
      resetSignsIn,
      resetKeepsDevices,
      verified: settings.verified,
      signIn: settings.signIn
        ? { ttl: settings.signInTtl, registers: settings.signInRegisters }
        : null,
      confirmations: settings.confirmations,
      codes: rules,
    },
    outages: [
      {
        when: 'a link or a code is redeemed',
        answer: '503 storage_unavailable; it stays good',
        fails: 'closed',
      },
      {
        when: 'a message is asked for',
        answer: '200, and the event background.failed: the answer has gone out before',
        fails: 'closed',
      },
    ],
    mount(house) {
      const budgets = new MessageBudgets(settings.limits, ground)
      const acquaintance = new Acquaintance(house)
      const registration =
        settings.signIn && settings.signInRegisters
          ? new LinkRegistration(settings, house, parts, budgets)
          : null
      const messages = new RecoveryMessages(
        settings,
        house,
        parts,
        budgets,
        acquaintance,
        registration,
      )
      newcomers.move(house, parts, messages, budgets, new NameChoices(ground))
      const notices = new ChangeNotices(settings, house, parts)
      wired.notices = notices
      const shown = rules ?? usualCodes
      const confirmation = settings.confirmations
        ? new Confirmation(house, parts, messages, acquaintance, asking, shown)
        : null
      const flows = {
        messages,
        verification: new Verification(house, parts, acquaintance),
        reset: new PasswordReset(settings, house, parts, budgets, notices),
        unlocking: new Unlocking(house, parts, budgets),
        change: new ContactChange(settings, house, parts, budgets, notices),
        notices,
        signIn: settings.signIn
          ? new LinkSignIn(house, parts, acquaintance, asking, shown, registration)
          : null,
      }
      return {
        routes: [
          ...recoveryRoutes(house, flows, asking, rules !== null),
          ...(confirmation === null ? [] : confirmationRoutes(house, confirmation)),
          ...inboxes.map(inboxRoute),
        ],
        handle: recoveryHandle(house, messages, confirmation),
      }
    },
  }
}

/** How long receipts are good, by purpose; `null` where there is nothing to type. */
function receiptLifetimes(
  { signIn, signInTtl, confirmations }: RecoverySettings,
  rules: CodeRules | null,
): Readonly<Record<string, number | null>> {
  const ttl = rules?.ttl ?? null
  return {
    verify: ttl,
    reset: ttl,
    unlock: ttl,
    change: ttl,
    sign_in: signIn ? signInTtl : null,
    confirm: confirmations ? confirmTtl : null,
  }
}

function isDevelopmentInbox(channel: object): channel is DevelopmentInbox {
  const { page, announce } = channel as Partial<DevelopmentInbox>
  return typeof page === 'function' && typeof announce === 'function'
}
