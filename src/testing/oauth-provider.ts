/**
 * The conformance kit of the port for providers: what must hold of any, and what yours says of the
 * answers that you give.
 */
import { identityOf } from '../features/oauth/profile.ts'
import type { OAuthProvider, ProviderAnswers } from '../features/oauth/provider.ts'
import { type ConformanceCase, expect, expectEqual } from './conformance.ts'

/** Answers of the provider, as its documentation shows them, and what they say. */
export interface ProviderExample {
  /** Ends the name of the case: `an account without an address`. */
  readonly name: string
  /** What it answers; what is left out is `null`, or nothing. */
  readonly answers: Partial<ProviderAnswers>
  /** Who it is. */
  readonly subject: string
  /** In canonical form; `null` for none. */
  readonly email: string | null
  /** Whether the provider's word proves it. */
  readonly isEmailProven: boolean
  /**
   * Whether it does so without a flag, such as for a domain that is listed. Default `false`.
   */
  readonly withoutFlag?: boolean
}

/** What the kit tests. */
export interface OAuthProviderSetup {
  readonly provider: OAuthProvider
  readonly examples: readonly ProviderExample[]
}

/**
 * The cases that a provider of your own has to pass.
 *
 * @example
 * ```ts
 * const cases = oauthProviderConformance({ provider, examples })
 * for (const { name, run } of cases) test(name, run)
 * ```
 */
export function oauthProviderConformance(setup: OAuthProviderSetup): ConformanceCase[] {
  const { provider, examples } = setup
  const general = Object.entries(rules).map(([name, check]) => ({
    name,
    async run() {
      check(provider, examples)
    },
  }))
  const own = examples.map((example) => ({
    name: `says who it is: ${example.name}`,
    async run() {
      const identity = said(provider, example.answers)
      expect(identity !== null, 'the answers are somebody’s')
      const { subject, email, isEmailProven } = identity
      expectEqual(
        { subject, email, isEmailProven },
        {
          subject: example.subject,
          email: example.email,
          isEmailProven: example.isEmailProven,
        },
        'who it is',
      )
    },
  }))
  return [...general, ...own]
}

type Rule = (provider: OAuthProvider, examples: readonly ProviderExample[]) => void

const rules: Readonly<Record<string, Rule>> = {
  'has no problems, and an example'({ problems }, examples) {
    expectEqual(problems, [], 'problems')
    expect(examples.length > 0, 'there is an example of what it answers')
  },

  'names an issuer in its one spelling, and pages over TLS'({
    issuer,
    endpoints,
    further,
    onPrivateNetwork,
  }) {
    expect(URL.canParse(issuer), `the issuer is an address: ${issuer}`)
    const asked = [
      ...Object.values(endpoints ?? { issuer }),
      ...Object.values(further).map(({ url }) => url),
    ]
    for (const url of asked) {
      const isFit = URL.parse(url)?.protocol === 'https:' || onPrivateNetwork
      expect(isFit, `${url} is an address that begins with https://`)
    }
  },

  'knows where the keys of its ID tokens are'({ idToken, endpoints }) {
    if (idToken === null || endpoints === null) return
    expect(endpoints.keys !== undefined, 'endpoints.keys')
  },

  'is bound by a code challenge or a nonce where its word proves an address'(
    { pkce, idToken },
    examples,
  ) {
    if (!examples.some(({ isEmailProven }) => isEmailProven)) return
    expect(pkce || idToken?.nonce === true, 'pkce, or a nonce')
  },

  'takes nothing, and what is not data, for nobody'(provider) {
    for (const odd of [null, undefined, 'a text', 7, [], {}, [null]]) {
      const further = Object.fromEntries(Object.keys(provider.further).map((name) => [name, odd]))
      for (const claims of [null, {}]) {
        const identity = said(provider, { idToken: claims, userInfo: claims, further })
        expect(identity === null, `nobody: ${JSON.stringify(odd)}`)
      }
    }
  },

  'changes no answer, and says the same of the same ones'(provider, examples) {
    for (const { answers, name } of examples) {
      const first = said(provider, frozen(answers))
      expectEqual(said(provider, answers), first, name)
    }
  },

  'never calls an address an identity'(provider, examples) {
    for (const { answers, email, name } of examples) {
      const identity = said(provider, answers)
      expect(identity?.subject !== email, `${name}: the subject is not the address`)
      expect(!identity?.subject.includes('@'), `${name}: the subject looks like an address`)
    }
  },

  'proves no address whose flag says no'(provider, examples) {
    for (const { answers, isEmailProven, withoutFlag, name } of examples) {
      if (!isEmailProven || withoutFlag) continue
      for (const no of [false, null, 'no', 0]) {
        const identity = said(provider, withoutYes(answers, no))
        expect(identity?.isEmailProven !== true, `${name}, with ${JSON.stringify(no)}`)
      }
    }
  },
}

function said(provider: OAuthProvider, answers: Partial<ProviderAnswers>) {
  const all = { idToken: null, userInfo: null, further: {}, redirect: {}, ...answers }
  return identityOf(provider, provider.profile(all))
}

/** The same answers with every yes in them replaced. */
function withoutYes<Value>(value: Value, no: unknown): Value {
  if (value === true || value === 'true' || value === 1 || value === '1') return no as Value
  if (Array.isArray(value)) return value.map((one) => withoutYes(one, no)) as Value
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, one]) => [name, withoutYes(one, no)])
  return Object.fromEntries(entries) as Value
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) frozen(one)
    Object.freeze(value)
  }
  return value
}
