/**
 * What a new account's address, name or number may be, whoever gives it: a body, or the
 * application.
 */
import type { Accounts } from './accounts.ts'
import { canonicalEmail, parseEmail } from './email.ts'
import type { IdentityField } from './identity.ts'
import { looksLikeEmail, problemWithUsername } from './username.ts'

/** The rule for one field of the identity. */
export interface FieldRule {
  readonly name: string
  readonly kind: 'email' | 'username' | 'contact'
  /** In code points. */
  readonly maxLength: number
  /** What is stored of a value, or what is wrong with it, as a sentence for the end user. */
  read(value: string): { readonly value: string } | { readonly problem: string }
}

const longest = { email: 254, username: 64, contact: 254 } as const

export function fieldRule({ identity, store }: Accounts, field: IdentityField): FieldRule {
  const { name, property, canonical } = field
  const kind = name === 'email' ? 'email' : field === identity.contact ? 'contact' : 'username'
  // The column may take less than the rules do.
  const maxLength = Math.min(store.columns.get(property)?.maxLength ?? longest[kind], longest[kind])
  return {
    name,
    kind,
    maxLength,
    read(given) {
      const value = kind === 'email' ? parseEmail(given) : given
      if (value === null) return { problem: 'Must be an e-mail address.' }
      const problem =
        kind === 'username'
          ? problemWithUsername(value)
          : kind === 'contact'
            ? problemWithContact(value)
            : null
      if (problem !== null) return { problem }
      return [...canonical(value)].length > maxLength
        ? { problem: `Must have at most ${maxLength} characters.` }
        : { value }
    },
  }
}

/** A number, or whatever else a channel of the application sends to. */
function problemWithContact(text: string): string | null {
  if (!text.isWellFormed() || /\p{C}/u.test(text) || text.trim() === '') {
    return 'Contains characters that cannot be used, or nothing.'
  }
  return [...text].length > longest.contact
    ? `Must have at most ${longest.contact} characters.`
    : null
}

/** The names that look like somebody's address, and are not the account's own. */
export function namesLikeAddresses(
  names: readonly string[],
  fields: Readonly<Record<string, unknown>>,
): string[] {
  return names.filter((name) => {
    const text = fields[name]
    if (name === 'email' || typeof text !== 'string' || !looksLikeEmail(text)) return false
    return canonicalEmail(text) !== fields['email']
  })
}

export const likeAddress = 'Must not look like an e-mail address, unless it is your own.'
