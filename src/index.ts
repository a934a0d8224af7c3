/**
 * What `crudauth` promises: everything that is exported here, and nothing else.
 */
export { type Auth, crudAuth } from './auth.ts'
export type { AuthCore, Guard, KnownDeviceAdministration } from './auth-core.ts'
export type { AuthConfig } from './config/options.ts'
export type { Attempt, AttemptOptions, CredentialCheck } from './credentials/attempt.ts'
export type { Invitation, Invitations, NewInvitation } from './credentials/invitations.ts'
export type {
  Acting,
  CredentialInfo,
  NewUser,
  UserAdministration,
} from './credentials/users/administration.ts'
export type { Random } from './crypto.ts'
export {
  type CodeOptions,
  type DeliveryChannel,
  type DeliveryContext,
  type Message,
  type MessageKind,
  Undeliverable,
} from './delivery/channel.ts'
export {
  type Email,
  type EmailChannel,
  type EmailOptions,
  type EmailSender,
  email,
  shortText,
} from './delivery/email.ts'
export {
  type DevelopmentInbox,
  type DevelopmentInboxOptions,
  developmentInbox,
  type Inbox,
  type MessageWanted,
} from './delivery/inbox.ts'
export type { EmailPhrases, EmailText, EmailTexts } from './delivery/texts.ts'
export type {
  CookieDescription,
  Description,
  PasswordDescription,
  RouteDescription,
} from './describe.ts'
export {
  AuthError,
  type AuthErrorOptions,
  ConfigurationError,
  type ErrorCode,
  errorStatus,
  type FieldProblem,
  type Problem,
} from './errors.ts'
export type {
  AuthEvent,
  EventListener,
  LockoutDimension,
  RevocationReason,
  UserId,
} from './events.ts'
export type { OutageDescription } from './feature.ts'
export {
  type ApiKeyFeature,
  type ApiKeyTransportOptions,
  apiKeys,
} from './features/api-keys/api-keys.ts'
export type { ApiKeyAdministration } from './features/api-keys/handle.ts'
export type { ApiKeyInfo, ApiKeyOptions, NewApiKey } from './features/api-keys/keys.ts'
export type { ApiKeyField, ApiKeyStore, ApiKeyTypes } from './features/api-keys/store.ts'
export {
  type BearerFeature,
  type BearerTransportOptions,
  bearer,
} from './features/bearer/bearer.ts'
export type {
  IssueOptions,
  TokenAdministration,
  TokensWithDevice,
} from './features/bearer/handle.ts'
export type { IssuedTokens } from './features/bearer/tokens.ts'
export type { Recovery } from './features/recovery/handle.ts'
export type { RecoveryLimits, RecoveryOptions, RecoveryPaths } from './features/recovery/options.ts'
export type { PhoneMessage, PhoneOptions } from './features/recovery/phones.ts'
export { type RecoveryFeature, recovery } from './features/recovery/recovery.ts'
export type { ClientLabel } from './features/session/client-label.ts'
export type {
  CreatedSession,
  SessionAdministration,
  SessionCreation,
  SessionInfo,
  ValidSession,
} from './features/session/handle.ts'
export {
  type SessionFeature,
  type SessionSettings,
  type SessionTransportOptions,
  session,
} from './features/session/session.ts'
export type { Sudo, SudoElevation } from './features/sudo/handle.ts'
export { type SudoFeature, type SudoOptions, sudo } from './features/sudo/sudo.ts'
export type { Admitted, Gate, GateOf } from './gates.ts'
export type { FeatureEntry, Handles, TransportEntry } from './handles.ts'
export type { ApiKeyContext, HookContext, Hooks, RegisteringContext } from './hooks.ts'
export type { RateLimiter, RateLimitKey, RateLimitOptions } from './http/application-limits.ts'
export type { Call, Framework, Incoming } from './http/call.ts'
export type { ClientAddress, TrustedProxies } from './http/client-address.ts'
export { type Connection, connectionOf, type PeerSocket } from './http/connection.ts'
export type { CookieOptions } from './http/cookies.ts'
export type { Endpoint, Routes } from './http/mounted.ts'
export type { OpenApiDocument, OpenApiOptions, SecurityScheme } from './http/openapi.ts'
export type { Method } from './http/route.ts'
export type { LockoutOptions, LockoutSettings } from './limits/lockout-settings.ts'
export type { LimitsByAction, RateLimit } from './limits/rate-limits.ts'
export type { AdoptedFormat } from './passwords/adopted-format.ts'
export type { AdoptedVerifier } from './passwords/adoption.ts'
export type { Argon2Options } from './passwords/argon2id.ts'
export {
  type BreachedPasswordOptions,
  type BreachedPasswords,
  breachedPasswords,
} from './passwords/breached.ts'
export type { PasswordOptions } from './passwords/options.ts'
export type { PasswordPolicyOptions } from './passwords/policy.ts'
export type { Principal, PrincipalFacts } from './principal.ts'
export type {
  FindWithUser,
  RowField,
  RowStore,
  RowTable,
  RowWithUser,
} from './rows/row-store.ts'
export { type MemoryStorageOptions, memoryStorage } from './storage/memory.ts'
export type { IncrementOptions, Spending, Storage } from './storage/storage.ts'
export type { SigningJwk } from './tokens/signing.ts'
export type { Transport, TransportContext } from './transport.ts'
export {
  type ColumnCodec,
  flag,
  type MomentForm,
  type MomentIn,
  type MomentOptions,
  timestampFlag,
  timestampUnset,
  timestampUntil,
} from './users/codec.ts'
export {
  type Identities,
  IdentityTaken,
  type LinkOutcome,
  type ProviderIdentity,
} from './users/identities.ts'
export type { IdentityOptions } from './users/identity.ts'
export type {
  IdentityRowField,
  IdentityRowStore,
  IdentityRowTypes,
} from './users/identity-table.ts'
export type {
  NewUserContext,
  OwnField,
  OwnValues,
  RegistrationBody,
  RegistrationOptions,
} from './users/registration.ts'
export {
  type LogicalField,
  type LogicalTypes,
  logicalFields,
  RejectedValue,
  StoreUnavailable,
  UniqueViolation,
  type UserColumn,
  type UserScope,
  type UserStore,
  type UsersBeside,
  type UserTypes,
} from './users/store.ts'
