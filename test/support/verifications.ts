import type { AdoptedFormat } from 'crudauth'

/**
 * Counts how often a password is really verified: every attempt that gets that far costs one
 * verification of each configured format, whatever is stored.
 */
export class Verifications {
  count = 0

  readonly format: AdoptedFormat = {
    name: 'counting',
    recognises: (stored) => stored.startsWith('$counting$'),
    decoy: () => '$counting$',
    verify: async () => {
      this.count++
      return false
    },
  }
}
