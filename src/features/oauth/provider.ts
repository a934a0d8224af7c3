/**
 * The port of a provider: how one asks it who somebody is, as data; and a pure function from its
 * answers to a profile, which is the one place that says which claim of which answer proves what.
 */

/** What a provider says of somebody. Everything but the subject may be missing. */
export interface ProviderProfile {
  /**
   * Who it is there, in the provider's own spelling; never an address. A number is taken as its
   * digits. Anything else is nobody.
   */
  readonly subject: unknown
  /** Who says so, where the provider has several issuers (tenants). Default: its only one. */
  readonly issuer?: string
  /**
   * An address, and whether the same answer says that the provider has verified it: `true` and
   * nothing else.
   */
  readonly email?: { readonly address: unknown; readonly isVerified: boolean } | null
  readonly name?: unknown
  readonly givenName?: unknown
  readonly familyName?: unknown
  readonly username?: unknown
  readonly picture?: unknown
}

/** JSON of a provider, of which nothing is known. */
export type Claims = Readonly<Record<string, unknown>>

/** What a provider answered. */
export interface ProviderAnswers {
  /** The claims of the ID token, verified; `null` where there is none. */
  readonly idToken: Claims | null
  /** What the userinfo endpoint answered, for the same subject; `null` where it was not asked. */
  readonly userInfo: Claims | null
  /** What further addresses answered, by name; `null` for an optional one that did not. */
  readonly further: Readonly<Record<string, unknown>>
  /** What came with the redirect besides, such as Apple's `user`; anybody could have written it. */
  readonly redirect: Readonly<Record<string, string>>
}

/** The addresses of a provider. */
export interface ProviderEndpoints {
  readonly authorization: string
  readonly token: string
  /** The keys that sign ID tokens. */
  readonly keys?: string
  readonly userInfo?: string
}

/** A further address that is asked with the access token, by GET. It answers with JSON. */
export interface FurtherAnswer {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the sign-in goes on without it. Default `false`. */
  readonly isOptional?: boolean
}

/** How the application proves to the provider which one it is. */
export interface ClientAuthentication {
  /**
   * Default: what the provider's metadata asks for, HTTP Basic among several. `none` for a public
   * client.
   */
  readonly method?: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** A secret, or what makes one at each request, given the time in milliseconds. */
  readonly secret?: string | ((now: number) => string | Promise<string>)
}

/** What an ID token must be, besides signed by the provider for this application and alive. */
export interface IdTokenRules {
  /** Whether a nonce is sent and must come back. */
  readonly nonce: boolean
  /**
   * The issuer in its one spelling, given what a token says and its other claims; `null` refuses
   * it. Default: exactly the issuer of the provider.
   */
  issuerOf?(issuer: string, claims: Claims): string | null
  /** Further client ids whose tokens count when an application on a telephone sends one. */
  readonly audiences: readonly string[]
  /** Signatures that count. Default: those with a public key that JOSE knows, never HMAC. */
  readonly algorithms?: readonly string[]
  /** Whether an application on a telephone hashes the nonce (SHA-256, in hex). */
  readonly hashedNonce?: boolean
}

/**
 * A provider, as one of the factories makes it: `google({ … })`, `oidc({ … })`, `oauth2({ … })`.
 */
export interface OAuthProvider {
  /** What people call it. */
  readonly label: string
  /** What is wrong with its options, one sentence each. */
  readonly problems: readonly string[]
  readonly clientId: string
  readonly authentication: ClientAuthentication
  /** Names the identities that it speaks of: a URL, in its one spelling. */
  readonly issuer: string
  /** Whether it speaks for several issuers: then columns cannot keep its identities. */
  readonly hasManyIssuers: boolean
  /** `null` where they are discovered at the issuer (OpenID Connect Discovery). */
  readonly endpoints: ProviderEndpoints | null
  readonly scopes: readonly string[]
  /** Further parameters of the authorization request. */
  readonly parameters: Readonly<Record<string, string>>
  /** Whether the provider takes a code challenge (RFC 7636). */
  readonly pkce: boolean
  /** Whether the answer comes as a form that the provider's page posts. */
  readonly responseMode: 'query' | 'form_post'
  /** `null` for a provider without OpenID Connect. */
  readonly idToken: IdTokenRules | null
  /** Whether the userinfo endpoint is asked, given what the ID token says. */
  wantsUserInfo(idToken: Claims | null): boolean
  readonly further: Readonly<Record<string, FurtherAnswer>>
  /**
   * For which addresses its word counts as a proof: for all that it calls verified, for none, or
   * for those of some domains.
   */
  readonly provesAddresses: 'verified' | 'none' | readonly string[]
  /** Whether it may be on a private network, and on this machine without TLS. */
  readonly onPrivateNetwork: boolean
  /** `null` for answers that do not say who somebody is. Pure: it is given all that there is. */
  profile(answers: ProviderAnswers): ProviderProfile | null
}
