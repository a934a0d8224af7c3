/**
 * Names of columns, as people write them: snake_case, camelCase, PascalCase, run together, with the
 * table's name before them or not. What each field is called in other systems is told here, once,
 * for the adapters and for the doctor.
 */
import type { LogicalField } from './store.ts'

/**
 * What fields are called elsewhere, most telling first, as `bareName` gives them. `name` counts
 * where it is unique only.
 */
export const namesOf: Readonly<Record<LogicalField, readonly string[]>> = {
  id: ['id', 'uuid', 'userid', 'accountid', 'uid', 'guid', 'pk', 'key'],
  email: [
    'email',
    'emailaddress',
    'mail',
    'mailaddress',
    'primaryemail',
    'emailid',
    'loginemail',
    'emailaddr',
    'emailconstraint',
  ],
  username: [
    'username',
    'login',
    'loginname',
    'loginid',
    'nickname',
    'nick',
    'handle',
    'screenname',
    'accountname',
    'account',
    'uname',
    'uid',
    'name',
  ],
  hashedPassword: [
    'hashedpassword',
    'encryptedpassword',
    'passwordhash',
    'passworddigest',
    'passhash',
    'pwhash',
    'pwdhash',
    'hashedpass',
    'cryptedpassword',
    'passwordencrypted',
    'passwordcrypt',
    'passwd',
    'pass',
    'pwd',
    'pw',
    'password',
    'hash',
  ],
  isActive: ['isactive', 'active', 'enabled', 'isenabled'],
  isSuperuser: [
    'issuperuser',
    'superuser',
    'isadmin',
    'admin',
    'issuperadmin',
    'superadmin',
    'isadministrator',
    'administrator',
    'issuper',
    'isroot',
    'globaladmin',
  ],
  emailVerified: [
    'emailverified',
    'isemailverified',
    'emailisverified',
    'emailverifiedat',
    'emailverifiedon',
    'emailconfirmed',
    'isemailconfirmed',
    'emailconfirmedat',
    'emailauthenticated',
    'mailverified',
    'verifiedemail',
    'confirmedat',
    'confirmed',
    'isconfirmed',
    'verifiedat',
    'isverified',
    'verified',
  ],
  tokenVersion: ['tokenversion', 'sessionversion', 'authepoch', 'sessionepoch'],
  oauthProvider: ['oauthprovider'],
  oauthCreatedAt: ['oauthcreatedat'],
  oauthUpdatedAt: ['oauthupdatedat'],
}

/**
 * The words of a name: `isEmailVerified`, `IS_EMAIL_VERIFIED` and `is-email-verified` are three.
 */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/** A name without case, underscores and other marks. */
export function bareName(name: string): string {
  return wordsOf(name).join('')
}

/**
 * The bare names that a column may be called by: its own, and without what stands before all
 * columns of such a table.
 *
 * @param table Its name, whose singular may stand there: `member_id` of `members`.
 */
export function spellings(name: string, table: string): readonly string[] {
  const words = wordsOf(name)
  const first = words[0] ?? ''
  const own = wordsOf(table.slice(table.lastIndexOf('.') + 1))
  const prefixes = new Set(['user', 'usr', 'u', 'member', 'account', 'acct', 'customer', 'person'])
  for (const word of own) prefixes.add(word).add(singular(word))
  const full = words.join('')
  return words.length > 1 && prefixes.has(first) ? [full, words.slice(1).join('')] : [full]
}

function singular(word: string): string {
  return word
    .replace(/ies$/, 'y')
    .replace(/(?<=s|x|ch)es$/, '')
    .replace(/(?<!s)s$/, '')
}

/** Words of a flag that keeps people out where it is set. */
const outWords = new Set(
  'banned blocked disabled suspended inactive deactivated deleted removed archived locked'.split(
    ' ',
  ),
)

/** Whether a flag of this name keeps people out where it is set: `is_banned`, `disabled`. */
export function keepsOut(name: string): boolean {
  const words = wordsOf(name)
  return words.some((word) => outWords.has(word)) && !words.some((word) => /^(not|non)$/.test(word))
}

/** How telling a column's name is for a field: 0 is most, `null` not at all. */
export function rankOf(field: LogicalField, name: string, table: string): number | null {
  const ranks = spellings(name, table).flatMap((one, index) => {
    const rank = namesOf[field].indexOf(one)
    return rank < 0 ? [] : [rank + index / 2]
  })
  return ranks.length === 0 ? null : Math.min(...ranks)
}
