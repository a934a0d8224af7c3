/**
 * Words of columns that say who is kept out, and of what stands in them.
 */
import { wordsOf } from '../../users/column-names.ts'

/** What a column says of a person, by its name. */
export type Meaning =
  /** It is up where somebody is let in. */
  | 'lets in'
  /** It is up where somebody is kept out. */
  | 'keeps out'
  /** The moment until which somebody is kept out. */
  | 'keeps out until'
  /** It is up, or has a moment, where a row is deleted. */
  | 'deleted'
  /** It says one of several things. */
  | 'state'
  /**
   * It says one of several things, of which only the words tell whether they are about logging in.
   */
  | 'perhaps a state'
  /** The moment until which an account lasts. */
  | 'lasts until'
  /** It is up where a row is nobody who logs in with a password here: a bot, somebody of an SSO. */
  | 'no person'
  /** It may be about to keep somebody out. */
  | 'perhaps keeps out'

const letsIn = anyOf(
  'active activated enabled enable approved allowed admitted valid usable loginable ' +
    'aktiv aktiviert freigeschaltet actif activo attivo ativo',
)
const keepsOut = anyOf(
  'ban banned block blocked disable disabled suspend suspended inactive deactivated deactive deactivate ' +
    'frozen freeze locked lock terminated blacklist blacklisted expelled closed close archived archive revoked rejected ' +
    'dormant prohibited banished pending expired cancelled canceled withdrawn retired quarantined unapproved ' +
    'unclaimed barred forbidden forbid invalid invalidated void voided obsolete stopped stop resigned quit dismissed ' +
    'excluded deregistered unregistered inactivated deactivation termination suspension hold nologin ' +
    'gesperrt inaktiv deaktiviert inactif suspendu bloque inactivo bloqueado suspendido inattivo bloccato inativo',
)
const deletes = anyOf(
  'delete deleted deletes deletion del remove removed trashed discarded anonymized anonymised erased purged ' +
    'geloescht supprime eliminado borrado cancellato excluido',
)
const states = anyOf('state status stat sts statut estado estatus stato')
/**
 * What a state is of, where it is one of the whole account: `workflow_state`, `approval_status`.
 */
const accountStates = anyOf(
  'workflow approval registration activation access lifecycle moderation membership enrollment enrolment current auth login ban block suspension',
)

/** What may stand around a word without changing it. */
const aside = anyOf(
  'is was are has been user users account acct member login logins usr at on date time dt ts timestamp since ' +
    'flag yn ind indicator record row marked mark access id u',
)
const until = anyOf('until till upto to thru through expires expiry ends end')
/** Beside the column that counts: who did it, why, how often. */
const beside = anyOf('by reason note notes comment message count type category ip from method text')

/** `null` for a column that says nothing about it. */
export function meaningOf(name: string): Meaning | null {
  const words = wordsOf(name).flatMap(apart)
  const joined = words.join(' ')
  if (
    /^(?:is )?(?:user |account |member )?(?:prohibit|disallow|deny|forbid|block|disabled?|no) login(?: form)?$/.test(
      joined,
    )
  ) {
    return 'keeps out'
  }
  if (/^(?:can|may|allow) (?:login|log in|sign in)$/.test(joined)) return 'lets in'
  if (/^(?:accepted application|application accepted|login enabled|login allowed)$/.test(joined)) {
    return 'lets in'
  }
  if (
    /^(?:is |account |user |credentials )*(?:not|non) (?:locked|expired|banned|blocked|disabled|deleted)$/.test(
      joined,
    )
  )
    return 'lets in'
  if (/^(?:is )?(?:in )?use(?: yn| flag)?$/.test(joined) && joined !== 'use') return 'lets in'
  if (
    /^(?:is )?(?:(?:admin|moderator|manually) (?:approved|verified|confirmed)|(?:approved|verified|confirmed) by (?:admin|moderator))$/.test(
      joined,
    )
  )
    return 'lets in'
  if (
    /^(?:is |needs |requires |awaiting |pending )+(?:approval|activation|moderation|review)$|^(?:approval|activation|review) pending$/.test(
      joined,
    )
  )
    return 'keeps out'
  if (aboutToBeDeleted.test(joined)) return 'perhaps keeps out'
  if (noPerson.test(joined)) return 'no person'
  if (waysToLogIn.test(joined)) return 'perhaps a state'
  if (
    /^(?:account |user |member )?(?:(?:expires|expired?)(?: at| on| date)?|(?:expiry|expiration)(?: at| date| time)?|(?:valid|active|access) (?:until|till|to|thru|through)|access (?:ends?|expires)(?: at| on| date)?|end of access|end ?time)$/.test(
      joined,
    ) &&
    joined !== 'expired'
  ) {
    return 'lasts until'
  }
  if (/^(?:account |user |member )?(?:(?:valid|active|access) from|start ?time)$/.test(joined)) {
    return 'keeps out until'
  }
  const plain = joined.replace(/ code$/, '').split(' ')
  // `status_code` is a state, and `deletion_code` something to be typed.
  const coded = states.has(plain.at(-1) ?? '') ? plain : words
  const rest = coded.filter((word) => !aside.has(word))
  const [first = '', second] = rest
  if (
    rest.length === 2 &&
    second !== undefined &&
    until.has(second) &&
    (keepsOut.has(first) || first === 'lockout')
  ) {
    return 'keeps out until'
  }
  if (first === 'inactive' && second === 'reason' && rest.length === 2) return 'keeps out'
  const last = rest.at(-1) ?? ''
  if (rest.length === 2 && states.has(last)) {
    return accountStates.has(first) ? 'state' : 'perhaps a state'
  }
  if (rest.length !== 1 || words.some((word) => beside.has(word))) return null
  if (letsIn.has(first))
    // `active_at` is when somebody was there last.
    return /(?: at| on| date| time| since)$/.test(joined) && first === 'active' ? null : 'lets in'
  if (deletes.has(first)) return 'deleted'
  if (keepsOut.has(first)) return 'keeps out'
  return states.has(first) ? 'state' : null
}

const aboutToBeDeleted =
  /^(?:is )?(?:to be deleted|(?:marked|scheduled|queued|pending|requested) (?:for )?deletion|deletion (?:requested|scheduled|pending)|delete after|delete requested|delete scheduled)(?: at| on| date)?$/

const noPerson =
  /^(?:is )?(?:bot|robot|(?:bot|service|system|machine|guest|dummy|ghost|placeholder|ldap|sso|saml|external|remote|federated|api|virtual) (?:user|account)|(?:\w+ )?(?:dummy|stub))$|^is (?:a )?(?:service|system|machine|guest|anonymous|placeholder|ghost|virtual|ldap|sso|saml|external|remote|federated|api only|(?:\w+ )?app)$/

/** `auth` of Moodle, which may say `nologin`. */
const waysToLogIn = /^(?:auth|(?:auth|authentication|login) (?:method|type|mode))$/

/** Whether it says by what somebody logs in, elsewhere perhaps: LDAP, SSO, a plugin. */
export function isWayToLogIn(name: string): boolean {
  const joined = wordsOf(name).join(' ')
  return (
    waysToLogIn.test(joined) ||
    /^(?:(?:ldap )?(?:auth|authentication) (?:source|service|provider|backend)(?: id)?|plugin auth|ldap (?:dn|id|guid|import)|sso id|saml id)$/.test(
      joined,
    )
  )
}

/** Words that are run together: `deletedat`, `isactive`, `isblocked`, `delflag`, `userstatus`. */
function apart(word: string): string[] {
  const [, before, inner, after] =
    /^(is)?(active|enabled|approved|valid|banned|blocked|disabled|suspended|deleted?|del|removed|archived|deactivated|locked|forbidden)(at|on|until|till|date|flag|yn)?$/.exec(
      word,
    ) ??
    /^(user|account|login)(stat(?:us|e))()$/.exec(word) ??
    /^()(use)(yn)$/.exec(word) ??
    []
  if (inner === undefined) return [word]
  return [before, inner, after].filter((one) => one !== undefined && one !== '') as string[]
}

const admitted = anyOf(
  'active activated enabled approved normal ok confirmed verified registered live valid open good current ' +
    'y yes true on t regular standard allowed member accepted',
)
const refused = anyOf(
  'blocked banned suspended disabled inactive deactivated deleted locked pending invited invitation rejected ' +
    'archived removed closed terminated unconfirmed unverified waiting awaiting expired n no false off f ' +
    'frozen denied declined withdrawn dormant provisional inviting new draft quarantined spam hold paused ' +
    'staged anonymized anonymised merged unapproved deprovisioned recovery banished',
)

const besideAdmitted = anyOf('user account member email mail address fully is status state')

/** Whether somebody is let in of whom a column says this; `null` where the word does not tell. */
export function admits(value: string): boolean | null {
  const words = wordsOf(value)
  if (words.some((word) => refused.has(word) || word === 'not' || word === 'in')) return false
  // `non_active` and `formerly active` have a word that changes the other.
  const isPlain = words.every((word) => admitted.has(word) || besideAdmitted.has(word))
  return isPlain && words.some((word) => admitted.has(word)) ? true : null
}

/** Which word a disabled account is marked with, of those that a column may hold. */
export function refusalOf(values: readonly string[]): string | undefined {
  const preferred = [
    'disabled',
    'deactivated',
    'inactive',
    'suspended',
    'blocked',
    'banned',
    'locked',
  ]
  const lower = (one: string) => one.toLowerCase()
  return (
    preferred.map((word) => values.find((one) => lower(one) === word)).find((one) => one) ??
    preferred
      .map((word) => values.find((one) => wordsOf(one).includes(word)))
      .find((one) => one !== undefined)
  )
}

/** Whether a column belongs to a second factor. */
export function isSecondFactor(name: string): boolean {
  const words = wordsOf(name)
  const joined = words.join(' ')
  return (
    words.some((word) =>
      /^(?:h?otp|totp|mfa|tfa|2fa|u2f|fido2?|webauthn|passkeys?|yubikey|authenticator)$/.test(word),
    ) ||
    /\b(?:two ?factor|twofa|second ?factor|2 ?fa|multi ?factor|backup codes?|recovery codes?|tfa|totp)/.test(
      joined,
    ) ||
    /^(?:mfa|tfa|totp|twofactor|twofa)/.test(words.join(''))
  )
}

/** Whether a new password is asked for at the next login. */
export function asksForPassword(name: string): boolean {
  const joined = wordsOf(name).join(' ').replace(/^is /, '')
  return (
    (/\b(?:must|needs?|needed|forced?|requires?|required|pending)\b/.test(joined) &&
      /\b(?:change|reset)\b/.test(joined) &&
      (/\b(?:password|passwd|pwd|pass|pw)\b/.test(joined) || /^require reset$/.test(joined)) &&
      !/\b(?:token|code|at|on|date|time)\b/.test(joined)) ||
    /^(?:must|needs?|require) new (?:password|pwd|pass)$|^password (?:expired|must change)$/.test(
      joined,
    )
  )
}

function anyOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}
