/**
 * Hashes that another system wrote, verified beside our own until their owners have logged in.
 *
 * Every attempt costs one verification here, whatever is stored: a decoy stands in where there is
 * nothing to verify. An attempt is admitted on `true` only.
 */
import type { EventListener } from '../events.ts'
import type { AdoptedFormat } from './adopted-format.ts'

/**
 * The short form of a format, as one function: whether the password has the stored hash, `null`
 * where the text is no hash of its kind. Nothing but `true` admits, and throwing refuses; that is
 * an event, `password.adopted_failed`. It should refuse costs that it cannot afford, and work off
 * the event loop.
 *
 * A function has no decoy: the last hash that it took for its own is verified instead where there
 * is nothing to verify. Until it has seen one, accounts that do not exist are answered faster than
 * those with such a hash; where that matters, write an `AdoptedFormat`.
 */
export type AdoptedVerifier = (
  password: string,
  stored: string,
) => boolean | null | Promise<boolean | null>

export interface Adoption {
  /**
   * Whether the password has this hash, at the cost of one verification in any case. Never rejects.
   *
   * @param stored `null` where there is nothing that could be one of an adopted format.
   */
  verify(password: string, stored: string | null): Promise<AdoptedCheck>
}

export interface AdoptedCheck {
  readonly ok: boolean
  /** Whether a hash of ours may replace the stored one; meaningful only when `ok`. */
  readonly replaceable: boolean
  /** A verifier threw: the same password may be right another time. */
  readonly hasFailed?: true
}

/** What a text that is no adopted hash comes to. */
export const nothingAdopted: AdoptedCheck = { ok: false, replaceable: true }

const undecided: AdoptedCheck = { ...nothingAdopted, hasFailed: true }
/** What came of a verifier that threw. */
const threw = Symbol('threw')

/** One of the adopted, whichever way it was written. */
interface Candidate {
  readonly name: string
  /** Resolves to `null` when the text is not a hash of this kind. Only `true` admits. */
  verify(password: string, stored: string): Promise<unknown>
  isExact(password: string): boolean
  /** `null` while there is none. */
  decoy(): string | null
}

/** `null` where nothing is adopted, and no verification is to be paid for. */
export function adoption(
  adopted: readonly (AdoptedFormat | AdoptedVerifier)[],
  emit: EventListener,
): Adoption | null {
  if (adopted.length === 0) return null
  const candidates = adopted.map((one) =>
    typeof one === 'function' ? fromVerifier(one) : fromFormat(one),
  )

  async function answer(candidate: Candidate, password: string, stored: string) {
    try {
      return await candidate.verify(password, stored)
    } catch (error) {
      emit({ name: 'password.adopted_failed', format: candidate.name, error })
      return threw
    }
  }

  async function judge(password: string, stored: string): Promise<AdoptedCheck | null> {
    for (const candidate of candidates) {
      const verdict = await answer(candidate, password, stored)
      if (verdict === null) continue
      if (verdict === threw) return undecided
      const ok = verdict === true
      return { ok, replaceable: !ok || candidate.isExact(password) }
    }
    return null
  }

  /** Fails where the verifier does, for accounts that are there and those that are not. */
  async function waste(password: string): Promise<AdoptedCheck> {
    for (const candidate of candidates) {
      const decoy = candidate.decoy()
      if (decoy === null) continue
      return (await answer(candidate, password, decoy)) === threw ? undecided : nothingAdopted
    }
    return nothingAdopted
  }

  return {
    async verify(password, stored) {
      const check = stored === null ? null : await judge(password, stored)
      return check ?? waste(password)
    },
  }
}

function fromFormat(format: AdoptedFormat): Candidate {
  const decoy = format.decoy()
  return {
    name: format.name,
    verify: async (password, stored) =>
      format.recognises(stored) ? format.verify(password, stored) : null,
    isExact: (password) => format.isExact?.(password) ?? true,
    decoy: () => decoy,
  }
}

function fromVerifier(verifier: AdoptedVerifier): Candidate {
  let seen: string | null = null
  return {
    name: verifier.name || 'anonymous',
    async verify(password, stored) {
      const verdict = await verifier(password, stored)
      if (verdict !== null) seen = stored
      return verdict
    },
    isExact: () => true,
    decoy: () => seen,
  }
}

/**
 * What `crudauth/hashes` exports, by name: loading it would load every format. One that is listed
 * without a call would be taken for a function that never admits.
 */
const factories: ReadonlySet<string> = new Set([
  'argon2',
  'aspNetIdentity',
  'bcrypt',
  'betterAuth',
  'django',
  'drupal',
  'firebaseScrypt',
  'gitea',
  'keycloak',
  'laravel',
  'lucia',
  'magento',
  'passlib',
  'payload',
  'phpbb',
  'superTokens',
  'supabase',
  'werkzeug',
  'wordpress',
])

/** What is wrong with a list of adopted formats, one sentence each. */
export function adoptionProblems(adopt: unknown, path: string): string[] {
  if (!Array.isArray(adopt))
    return [`${path} must be a list of formats, such as [django()] from crudauth/hashes`]
  return adopt.flatMap((one: unknown, index) => {
    if (typeof one === 'function') {
      // `gitea`, `keycloak` and `payload` are named `giteaFormat` and so on.
      const name = one.name.replace(/Format$/, '')
      return factories.has(name) && one.length < 2
        ? [`${path}[${index}] is a function that makes a format; call it: ${name}()`]
        : []
    }
    if (!isFormat(one)) {
      const call = typeof one === 'string' && factories.has(one) ? one : 'django'
      return [
        `${path}[${index}] must be a format or a function of password and stored hash; write ${call}() from crudauth/hashes, or (password, stored) => …`,
      ]
    }
    if (one.problems !== undefined && one.problems.length > 0) return one.problems
    return one.recognises(one.decoy())
      ? []
      : [`${path}[${index}] (${one.name}) does not recognise its own decoy`]
  })
}

function isFormat(value: unknown): value is AdoptedFormat {
  if (typeof value !== 'object' || value === null) return false
  const { name, recognises, verify, decoy, isExact } = value as Partial<
    Record<keyof AdoptedFormat, unknown>
  >
  return (
    typeof name === 'string' &&
    [recognises, verify, decoy, isExact ?? decoy].every((one) => typeof one === 'function')
  )
}
