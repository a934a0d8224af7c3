import type { AdoptedFormat } from '../adopted-format.ts'

/**
 * The format for passwords that are text. Lone surrogates would all be hashed as one and the same
 * replacement character, so no such password has a hash.
 */
export function forText(format: AdoptedFormat): AdoptedFormat {
  return {
    ...format,
    verify: async (password, stored) => password.isWellFormed() && format.verify(password, stored),
  }
}

/** Longer passwords are not normalised, as that could take long; no hash is of one. */
const maxNormalised = 4096

/**
 * The same, for systems that bring passwords into NFKC before they hash them. Ours tells apart what
 * NFKC makes one, such as `ﬁ` and `fi`: a password with such characters admits, and is not yet
 * replaced.
 */
export function forNfkcText(format: AdoptedFormat): AdoptedFormat {
  const nfkc = (password: string) =>
    password.length > maxNormalised ? password : password.normalize('NFKC')
  return {
    ...forText({
      ...format,
      verify: (password, stored) => format.verify(nfkc(password), stored),
    }),
    isExact: (password) => nfkc(password) === password.normalize('NFC'),
  }
}
