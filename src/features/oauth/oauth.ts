/**
 * `oauth()`: sign in with an account at a provider, by OAuth 2 and OpenID Connect.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import { secureRandom } from '../../crypto.ts'
import type { Company, Feature, Ground, HandleKind, House, UsersOf, Wired } from '../../feature.ts'
import type { Route } from '../../http/route.ts'
import { answeringRows } from '../../rows/outage.ts'
import type { Identities } from '../../users/identities.ts'
import { identityColumns } from '../../users/identity-columns.ts'
import { identityTable } from '../../users/identity-table.ts'
import { type ApplicationParts, ApplicationSignIn, toApplication } from './applications.ts'
import { Arrivals } from './arrivals.ts'
import { ProviderClient } from './client.ts'
import { ClientCodes } from './codes.ts'
import { ColumnIssuers, ofOneIssuer } from './column-issuers.ts'
import { identityCredentials } from './credentials.ts'
import { Flows } from './flows.ts'
import { HandOff } from './hand-off.ts'
import { handOffRoutes } from './hand-off-routes.ts'
import { type OAuth, oauthHandle } from './handle.ts'
import { linkRoutes } from './link-routes.ts'
import { Links } from './links.ts'
import { NativeSignIn } from './native.ts'
import { nativeRoutes } from './native-routes.ts'
import { tellingNews } from './news.ts'
import { type OAuthOptions, type OAuthSettings, oauthOptions } from './options.ts'
import { Pages } from './pages.ts'
import { ProviderTokenStore } from './provider-tokens.ts'
import { webRoutes } from './web-routes.ts'
import { type Finish, WebSignIn } from './web-sign-in.ts'

interface OAuthKind extends HandleKind {
  readonly handle: OAuth<UsersOf<this['users']>>
}

/** What `oauth()` returns: for `features`. */
export type OAuthFeature = Feature<'oauth', 'oauth', OAuthKind>

/**
 * Sign-in with accounts at providers. Needs the session transport.
 *
 * @example
 * ```ts
 * const signIn = oauth({
 *   providers: { google: google({ clientId, clientSecret }) },
 *   redirectBaseUrl: 'https://app.example.com',
 * })
 * crudAuth({ users, secret, transports: [session()], features: [signIn] })
 * ```
 */
export function oauth(options: OAuthOptions): OAuthFeature {
  const { settings, problems } = oauthOptions.read(options, 'oauth')
  return {
    name: 'oauth',
    key: 'oauth',
    problems,
    problemsAmong: (company) => (problems.length > 0 ? [] : problemsAmong(settings, company)),
    wire: (ground) => wire(settings, ground),
  }
}

function problemsAmong(settings: OAuthSettings, company: Company): readonly string[] {
  const { providers, identities } = settings
  const { names, users, hasTenants } = company
  const problems: string[] = []
  if (!names.has('session')) {
    problems.push('oauth() needs the session transport; write transports: [session(), …]')
  }
  const beside = { clientRedirects: settings.clientRedirects.length > 0, handOff: settings.handOff }
  for (const [option, isOn] of Object.entries(beside)) {
    if (!isOn || names.has('bearer')) continue
    problems.push(
      `oauth.${option} is for applications with tokens; write transports: [session(), bearer()], or leave it out`,
    )
  }
  if (identities !== undefined) {
    if (identities.tenants !== hasTenants) {
      problems.push(
        hasTenants
          ? 'tenant is configured, but the table of identities has no tenant column; write drizzleIdentities(db, identities, { tenant: … })'
          : 'the table of identities has a tenant column, but tenant is not configured; write tenant: (request) => …',
      )
    }
    const parts = { users, rows: identities, issuers: {}, clock: Date.now, random: secureRandom }
    return [...problems, ...identityTable(parts).problems]
  }
  for (const [name, { hasManyIssuers, label }] of Object.entries(providers)) {
    if (!hasManyIssuers) continue
    problems.push(
      `oauth.providers.${name} (${label}) speaks for several issuers, whose people one column cannot tell apart; name one tenant, or write identities: drizzleIdentities(db, identities)`,
    )
  }
  return [...problems, ...identityColumns(users, Object.keys(providers)).problems]
}

function identitiesOf(
  { providers, identities }: OAuthSettings,
  ground: Ground,
): { identities: Identities; columnIssuers: ColumnIssuers | null } {
  const { accounts, clock, random, databaseTimeoutMs: timeoutMs, emit } = ground
  const users = accounts.store
  const issuers = Object.fromEntries(
    Object.entries(providers).map(([name, { issuer }]) => [name, issuer]),
  )
  if (identities !== undefined) {
    const rows = answeringRows(identities, { timeoutMs, emit })
    const table = identityTable({ users, rows, issuers, clock, random })
    return { identities: table, columnIssuers: null }
  }
  const columns = identityColumns(users, Object.keys(providers), clock)
  const columnIssuers = new ColumnIssuers(ground, issuers)
  return { identities: ofOneIssuer(columns, columnIssuers), columnIssuers }
}

function wire(settings: OAuthSettings, ground: Ground): Wired {
  const { accounts, clock } = ground
  const { providers, timeoutMs, redirectBaseUrl, newAccounts } = settings
  const { identities, columnIssuers } = identitiesOf(settings, ground)
  const flows = new Flows(ground)
  const clients = new Map(
    Object.entries(providers).map(([name, provider]) => [
      name,
      new ProviderClient(provider, timeoutMs, clock, settings.fetch),
    ]),
  )
  const kept = settings.keepTokens ? new ProviderTokenStore(ground, clients, timeoutMs) : null
  return {
    planted: (scope, row) => unlinkAll(identities, kept, scope, accounts.id(row)),
    ...(kept === null
      ? {}
      : {
          async signedIn(scope, row, content) {
            const userId = accounts.id(row)
            await kept.arrived(scope, userId, content, await identities.list(userId, scope))
          },
        }),
    cookies: [flows.cookie('…')],
    actions: {
      oauth_authorize: 'oauth({ … })',
      oauth_link: 'oauth({ … })',
      oauth_nonce: 'oauth({ … }) beside bearer()',
      oauth_token: 'oauth({ … }) beside bearer()',
      oauth_hand_off: 'oauth({ handOff: true, … })',
    },
    description: {
      redirectBaseUrl,
      ...(newAccounts === undefined ? {} : { newAccounts }),
      identities: identities.name,
      clientRedirects: settings.clientRedirects,
      handOff: settings.handOff,
      keepTokens: settings.keepTokens,
      providers: Object.fromEntries(
        Object.entries(providers).map(([name, { issuer, pkce, idToken, provesAddresses }]) => [
          name,
          { issuer, pkce, nonce: idToken?.nonce ?? false, provesAddresses },
        ]),
      ),
    },
    outages: [
      {
        when: 'a sign-in at a provider begins',
        answer: '503 storage_unavailable',
        fails: 'closed',
      },
      { when: 'an answer of a provider comes', answer: '503 storage_unavailable', fails: 'closed' },
    ],
    mount(house) {
      const takesNewcomers = newAccounts ?? house.registration.mode === 'open'
      const tell = tellingNews(house, providers)
      const arrivals = new Arrivals(house, identities, takesNewcomers, tell)
      const links = new Links(house, identities, kept, tell)
      const { link, confirm } = links
      const codes = new ClientCodes(house)
      const pages = new Pages(settings.pages)
      const parts = { settings, house, arrivals, codes, pages, kept }
      const application = toApplication(parts)
      const finish = { 'sign-in': signingIn(house, arrivals, kept), application, link, confirm }
      const signIn = new WebSignIn({ settings, house, flows, clients, pages, finish })
      return {
        routes: [
          ...webRoutes(signIn, house),
          ...linkRoutes(signIn, links, settings, house.elevation !== null),
          ...routesWithTokens(parts, signIn),
        ],
        credentials: identityCredentials(links, house),
        handle: oauthHandle(settings, { identities, columnIssuers, links, tokens: kept }),
      }
    },
  }
}

/** For applications: where there are tokens, and only there. */
function routesWithTokens(parts: ApplicationParts, web: WebSignIn): Route[] {
  const { settings, house, arrivals, codes, kept } = parts
  const tokens = (house.carriers as readonly Carrier[]).find((one) => one.withoutCookies)
  const carrier = tokens?.withoutCookies
  if (carrier === undefined) return []
  const redirects = settings.clientRedirects
  const native = new NativeSignIn({ house, arrivals, web, carrier, redirects, kept })
  const routes = nativeRoutes(native, new ApplicationSignIn({ house, codes }, web, carrier))
  const person = house.persons.find(({ name }) => name === carrier.name)
  const session = sessionCarrier(house)
  if (!settings.handOff || person === undefined || session === undefined) return routes
  const handOff = new HandOff({ house, codes, web, person, session })
  return [...routes, ...handOffRoutes(handOff, house)]
}

function sessionCarrier({ carriers, sessions }: House): Carrier | undefined {
  return carriers.find(({ name }) => name === sessions?.name) as Carrier | undefined
}

/** Ends in a session, by the one way in. */
function signingIn(house: House, arrivals: Arrivals, kept: ProviderTokenStore | null): Finish {
  const { signIn, clock } = house
  const carrier = sessionCarrier(house)
  return async (exchange, flow, { identity, named, tokens }, target) => {
    if (carrier === undefined) throw new Error('crudauth: oauth() is used without sessions')
    const { provider } = flow
    const row = await arrivals.accountOf(exchange, provider, identity, named)
    const { scope } = exchange
    const place = { exchange, scope }
    const carries = kept?.carried(scope, house.accounts.id(row), named, tokens)
    const proof = { method: 'provider', row, provenAt: clock(), carries } as const
    const options = { metadata: { login_type: 'oauth', oauth_provider: provider } }
    const { cookies } = await signIn.complete(place, proof, carrier, options)
    return { target, cookies }
  }
}

async function unlinkAll(
  identities: Identities,
  kept: ProviderTokenStore | null,
  scope: Parameters<Identities['list']>[1],
  userId: string | number | bigint,
): Promise<void> {
  for (const identity of await identities.list(userId, scope)) {
    await identities.unlink(userId, identity, scope)
    await kept?.forget(scope, userId, identity.provider)
  }
}
