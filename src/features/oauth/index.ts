/**
 * What `crudauth/oauth` promises: everything that is exported here, and nothing else.
 */
export type { ColumnIssuer } from './column-issuers.ts'
export type { OAuth, ProviderInfo } from './handle.ts'
export type { NewUserProfile } from './newcomers.ts'
export { type OAuthFeature, oauth } from './oauth.ts'
export type { OAuthOptions } from './options.ts'
export type { OAuthFetch } from './outbound.ts'
export type {
  AskingWords,
  ContinuingWords,
  OAuthPageOptions,
  OAuthPageTexts,
  PageWords,
} from './page-words.ts'
export type {
  Claims,
  ClientAuthentication,
  FurtherAnswer,
  IdTokenRules,
  OAuthProvider,
  ProviderAnswers,
  ProviderEndpoints,
  ProviderProfile,
} from './provider.ts'
export { type AppleOptions, apple } from './providers/apple.ts'
export { discord } from './providers/discord.ts'
export { type GitHubOptions, github } from './providers/github.ts'
export { type GitLabOptions, gitlab } from './providers/gitlab.ts'
export { type GoogleOptions, google } from './providers/google.ts'
export { type MicrosoftOptions, microsoft } from './providers/microsoft.ts'
export { type OAuth2Options, oauth2 } from './providers/oauth2.ts'
export { type OidcOptions, oidc } from './providers/oidc.ts'
export type { ClientOptions } from './providers/shared.ts'
