/**
 * The options of `oauth()`.
 */
import { isOrigin } from '../../http/origin.ts'
import { type Declaration, declareOptions, group } from '../../options/declare.ts'
import { timeout } from '../../options/durations.ts'
import { callback, flag, list, type Option, optional, own, required } from '../../options/option.ts'
import type { IdentityRowStore } from '../../users/identity-table.ts'
import { clientRedirectProblems } from './client-redirects.ts'
import type { OAuthFetch } from './outbound.ts'
import { type OAuthPageOptions, type PageSettings, pageOptions } from './page-words.ts'
import type { OAuthProvider } from './provider.ts'
import { safeTarget } from './redirects.ts'

/** The options of `oauth()`. */
export interface OAuthOptions {
  /**
   * The providers, by names of your choice: `{ google: google({ … }) }`. A name is part of the
   * routes, of the columns and of what your pages show.
   */
  providers: Readonly<Record<string, OAuthProvider>>
  /**
   * Where the routes are, as browsers reach them, such as `https://app.example.com/auth`. Providers
   * send people back to `/oauth/{provider}/callback` below it, which you register with them.
   */
  redirectBaseUrl: string
  /** Where people land after a sign-in that asked for no other page. Default: `redirectBaseUrl`. */
  landingPage?: string
  /** Where people land when a sign-in fails. Default: `landingPage`. */
  errorPage?: string
  /**
   * Other origins whose pages people may be sent to: `['https://app.example.com']`. Default none.
   */
  redirectOrigins?: readonly string[]
  /**
   * Redirect URIs of your own applications, with `bearer()`, compared exactly:
   * `['com.example.app:/signed-in', 'https://app.example.com/signed-in']`. A program on the same
   * machine writes `'http://127.0.0.1/signed-in'`, which any port matches. Default none.
   */
  clientRedirects?: readonly string[]
  /**
   * Whether an application that is signed in by `bearer()` can open a browser that is signed in,
   * too. Then an access token is enough for a session. Default `false`.
   */
  handOff?: boolean
  /**
   * Whether people without an account get one. Default: where `registration.mode` is `open`.
   */
  newAccounts?: boolean
  /**
   * A table of yours that holds who people are at providers: `drizzleIdentities(db, identities)`.
   * Default: a column of the users table for each provider.
   */
  identities?: IdentityRowStore
  /**
   * Keeps the providers' tokens in the storage, encrypted, for `auth.oauth.accessToken`. Default
   * `false`.
   */
  keepTokens?: boolean
  /** Words and language of the pages that people see during a sign-in. Default English. */
  pages?: OAuthPageOptions
  /** How long a provider may take for one answer, in milliseconds. Default 10000. */
  timeoutMs?: number
  /**
   * Makes the requests to providers instead: for a proxy between your server and them. Time and
   * size stay limited, and no redirect is followed; the proxy then has to keep names from leading
   * to private networks. Default: our own.
   */
  fetch?: OAuthFetch
}

export interface OAuthSettings {
  readonly providers: Readonly<Record<string, OAuthProvider>>
  readonly redirectBaseUrl: string
  readonly landingPage: string | undefined
  readonly errorPage: string | undefined
  readonly redirectOrigins: readonly string[]
  readonly clientRedirects: readonly string[]
  readonly handOff: boolean
  readonly newAccounts: boolean | undefined
  readonly identities: IdentityRowStore | undefined
  readonly keepTokens: boolean
  readonly pages: PageSettings
  readonly timeoutMs: number
  readonly fetch: OAuthFetch | undefined
}

const write =
  "write oauth({ providers: { google: google({ … }) }, redirectBaseUrl: 'https://app.example.com' })"

const page: Option<string | undefined> = optional(
  {
    wanted: 'a page',
    range: "a path such as '/sign-in', or an address",
    defaultText: 'none',
    judge: (given, path) => ({
      value: given as string,
      problems: isPage(given)
        ? []
        : [`${path} must be a path, such as '/sign-in', or an address that begins with https://`],
    }),
    leftOut: () => ({ value: undefined, problems: [] }),
  },
  'see above',
)

export const oauthOptions: Declaration<OAuthSettings> = declareOptions<OAuthSettings>(
  {
    providers: required(write, providerProblems),
    redirectBaseUrl: required(write, baseProblems),
    landingPage: { ...page, defaultText: '`redirectBaseUrl`' },
    errorPage: { ...page, defaultText: '`landingPage`' },
    redirectOrigins: list("a list of origins, such as ['https://app.example.com']", isOrigin),
    clientRedirects: own<readonly string[]>({
      wanted: 'a list of redirect URIs',
      fallback: [],
      problems: clientRedirectProblems,
    }),
    handOff: flag(false),
    newAccounts: optional(flag(true), 'where `registration.mode` is `open`'),
    identities: own<IdentityRowStore | undefined>({
      fallback: undefined,
      defaultText: 'a column of the users table for each provider',
      problems: tableProblems,
    }),
    keepTokens: flag(false),
    pages: { ...group(pageOptions), defaultText: 'English' },
    timeoutMs: timeout(10_000, { max: 60_000 }),
    fetch: optional(callback<OAuthFetch>('(url, init) => fetch(url, init)', fetch), 'our own'),
  },
  {
    write: write.replace('write ', ''),
    elsewhere: Object.fromEntries(
      ['baseURL', 'baseUrl', 'callbackUrl', 'callbackURL', 'redirectUri', 'redirectUrl'].map(
        (name) => [
          name,
          "write redirectBaseUrl: 'https://app.example.com', below which the routes are",
        ],
      ),
    ),
  },
)

function isPage(given: unknown): boolean {
  if (typeof given !== 'string') return false
  const origin = URL.parse(given)?.origin
  const isWeb = /^https?:\/\//.test(given)
  return safeTarget(given, isWeb && origin ? [origin] : []) !== null
}

function baseProblems(given: unknown, path: string): string[] {
  const such = "write where the routes are, such as 'https://app.example.com/auth'"
  const url = typeof given === 'string' ? URL.parse(given) : null
  if (url === null) return [`${path} must be a whole address; ${such}`]
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    return [`${path} must begin with https://, or with http://localhost in development; ${such}`]
  }
  if (/[?#]/.test(String(given)) || url.username !== '' || url.password !== '') {
    return [`${path} must be an address without a query, a fragment and a password; ${such}`]
  }
  return []
}

function tableProblems(given: unknown, path: string): readonly string[] {
  const { list: isTable, problems } = Object(given) as Partial<IdentityRowStore>
  return typeof isTable === 'function' && Array.isArray(problems)
    ? []
    : [
        `${path} is not a table of identities that an adapter opened; write ${path}: drizzleIdentities(db, identities)`,
      ]
}

const namePattern = /^[a-z][a-z0-9_-]{0,31}$/i

/** Parts of routes of our own. */
const takenNames = new Set(['identities', 'hand-off'])

function providerProblems(given: unknown, path: string): string[] {
  const such = `write ${path}: { google: google({ clientId, clientSecret }) }`
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return [`${path} must be an object of providers by name; ${such}`]
  }
  const entries = Object.entries(given as Record<string, unknown>)
  if (entries.length === 0) return [`${path} is empty; ${such}`]
  const problems = entries.flatMap(([name, entry]) => oneProviderProblems(name, entry, path))
  if (problems.length > 0) return problems
  const providers = entries as [string, OAuthProvider][]
  return providers.flatMap(([name, { issuer }], index) => {
    const twin = providers.slice(0, index).find(([, other]) => other.issuer === issuer)
    return twin === undefined
      ? []
      : [
          `${path}.${twin[0]} and ${path}.${name} are one issuer, ${issuer}, so that one person would be two; leave one out`,
        ]
  })
}

function oneProviderProblems(name: string, entry: unknown, path: string): readonly string[] {
  if (!namePattern.test(name) || takenNames.has(name)) {
    return [
      `${path} has the name '${name}'; write 1 to 32 letters, digits, '_' or '-', beginning with a letter, and neither of: ${[...takenNames].join(', ')}`,
    ]
  }
  if (typeof entry === 'function') {
    return [`${path}.${name} is a function; call it: ${entry.name || name}({ clientId, … })`]
  }
  const { profile, issuer, problems } = Object(entry) as Partial<OAuthProvider>
  if (typeof profile !== 'function' || typeof issuer !== 'string' || !Array.isArray(problems)) {
    return [
      `${path}.${name} is no provider; write google({ … }), oidc({ … }) or oauth2({ … }) from crudauth/oauth`,
    ]
  }
  return (problems as readonly string[]).map((problem) => `${path}.${name}: ${problem}`)
}
