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
