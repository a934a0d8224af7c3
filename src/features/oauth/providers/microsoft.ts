/**
 * Microsoft, by OpenID Connect: work and school accounts (Entra ID) and personal ones.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc
 */
import type { Claims, OAuthProvider, ProviderAnswers, ProviderProfile } from '../provider.ts'
import { type ClientOptions, missing, plainProvider, unknownOptions } from './shared.ts'

/** The options of `microsoft()`. */
export interface MicrosoftOptions extends ClientOptions {
  /**
   * The tenants whose people may sign in, each by its GUID, or `any`. Personal accounts are those
   * of `9188040d-6c67-4c5b-b112-36a304b66dad`. Several need a table of identities.
   */
  tenants: readonly string[] | 'any'
  /**
   * Whose word counts for the addresses of which domains:
   * `{ '72f988bf-…': ['example.com'] }`. Default none.
   *
   * A tenant's administrator can write any address into an account of the tenant: list a domain
   * beside a tenant only where the same people own both.
   */
  domains?: Readonly<Record<string, readonly string[]>>
  /** The client ids of your applications on telephones. Default none. */
  audiences?: readonly string[]
  /** Further parameters, such as `{ prompt: 'select_account' }`. */
  parameters?: Readonly<Record<string, string>>
}

const host = 'https://login.microsoftonline.com'
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The tenant of personal accounts:
 * https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference
 */
const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'

/**
 * Sign in with Microsoft. There is no `email_verified`. Its word proves an address where the
 * optional claim `xms_edov` of the same ID token says so (add it to the application's
 * registration), or where `domains` lists the tenant together with the domain. `email` and
 * `preferred_username` prove nothing by themselves
 * (https://learn.microsoft.com/en-us/entra/identity-platform/migrate-off-email-claim-authorization).
 *
 * @example
 * ```ts
 * microsoft({ clientId, clientSecret, tenants: ['72f988bf-86f1-41af-91ab-2d7cd011db47'] })
 * ```
 */
export function microsoft(options: MicrosoftOptions): OAuthProvider {
  const given = Object(options) as MicrosoftOptions
  const { clientId, clientSecret, audiences = [], parameters = {} } = given
  const listed = Array.isArray(given.tenants) ? given.tenants : null
  const tenants = listed?.map((one) => String(one).toLowerCase()) ?? null
  const authority = authorityOf(tenants)
  const only = tenants?.length === 1 ? tenants[0] : undefined
  const domains = domainsOf(given.domains ?? {})
  const accepts = (tid: string) => tenants === null || tenants.includes(tid)
  return plainProvider({
    label: 'Microsoft',
    problems: [
      ...unknownOptions(options, [
        'clientId',
        'clientSecret',
        'scopes',
        'tenants',
        'domains',
        'audiences',
        'parameters',
      ]),
      ...missing(options, ['clientId', 'clientSecret']),
      ...tenantProblems(given.tenants, [...domains.keys()]),
    ],
    clientId,
    authentication: { method: 'client_secret_post', secret: () => clientSecret },
    issuer: only === undefined ? host : issuerFor(only),
    hasManyIssuers: only === undefined,
    endpoints: {
      authorization: `${host}/${authority}/oauth2/v2.0/authorize`,
      token: `${host}/${authority}/oauth2/v2.0/token`,
      keys: `${host}/${authority}/discovery/v2.0/keys`,
    },
    scopes: given.scopes ?? ['openid', 'email', 'profile'],
    parameters,
    idToken: {
      nonce: true,
      audiences,
      // The metadata of `common` names `{tenantid}` for an issuer. It is rebuilt of the tenant,
      // which must be one, and compared whole.
      issuerOf(said, { tid }) {
        if (typeof tid !== 'string' || !guid.test(tid) || !accepts(tid)) return null
        return said === issuerFor(tid) ? said : null
      },
    },
    profile: (answers) => profile(answers, domains),
  })
}

function profile(
  { idToken }: ProviderAnswers,
  domains: ReadonlyMap<string, readonly string[]>,
): ProviderProfile | null {
  if (idToken === null) return null
  const { email } = idToken
  return {
    // Of this application alone, which is what a subject is (OpenID Connect Core §8).
    subject: idToken['sub'],
    email:
      email === undefined ? null : { address: email, isVerified: isVerified(idToken, domains) },
    name: idToken['name'],
    givenName: idToken['given_name'],
    familyName: idToken['family_name'],
  }
}

/**
 * `xms_edov` is documented as a boolean, and tokens have it as `true`, as `1` and as `"1"`
 * (https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference).
 */
function isVerified(claims: Claims, domains: ReadonlyMap<string, readonly string[]>): boolean {
  const { xms_edov: edov, tid, email } = claims
  if (edov === true || edov === 1 || edov === '1') return true
  const domain = String(email).toLowerCase().split('@').at(-1) ?? ''
  return domains.get(String(tid))?.includes(domain) ?? false
}

function issuerFor(tenant: string): string {
  return `${host}/${tenant}/v2.0`
}

/** Whom Microsoft's own page lets in. */
function authorityOf(tenants: readonly string[] | null): string {
  if (tenants === null) return 'common'
  const [first = 'common'] = tenants
  if (tenants.length === 1) return first === personal ? 'consumers' : first
  return tenants.includes(personal) ? 'common' : 'organizations'
}

function domainsOf(given: Readonly<Record<string, readonly string[]>>) {
  return new Map(
    Object.entries(given).map(([tenant, list]) => [
      tenant.toLowerCase(),
      [list].flat().map((domain) => String(domain).toLowerCase()),
    ]),
  )
}

function tenantProblems(tenants: unknown, withDomains: readonly string[]): string[] {
  const such = "such as ['72f988bf-86f1-41af-91ab-2d7cd011db47'], or 'any'"
  const odd = withDomains.filter((one) => !guid.test(one) || one === personal)
  const problems = odd.map(
    (one) => `domains names '${one}', which is not the GUID of a tenant that owns a domain`,
  )
  if (tenants === 'any') return problems
  if (!Array.isArray(tenants) || tenants.length === 0) {
    return [...problems, `tenants must be a list of GUIDs, ${such}`]
  }
  const others = tenants.filter((one) => typeof one !== 'string' || !guid.test(one.toLowerCase()))
  return [
    ...problems,
    ...others.map(
      (one) => `tenants has '${String(one)}', which is not a GUID; write them, ${such}`,
    ),
  ]
}
