/**
 * Conformance kits: run them on an adapter of your own, with any test runner. And a channel that
 * keeps messages, for tests of your own.
 */
export { type Inbox, type InboxOptions, type MessageWanted, testInbox } from '../delivery/inbox.ts'
export { type ApiKeyStoreSetup, type ApiKeyStoreWorld, apiKeyStoreConformance } from './api-keys.ts'
export { type ChannelSetup, type ChannelWorld, channelConformance } from './channels.ts'
export type { ConformanceCase } from './conformance.ts'
export { type IdentitiesSetup, type IdentitiesWorld, identitiesConformance } from './identities.ts'
export {
  type OAuthProviderSetup,
  oauthProviderConformance,
  type ProviderExample,
} from './oauth-provider.ts'
export { type StorageSetup, storageConformance } from './storage.ts'
export {
  type Authenticates,
  type TransportSetup,
  type TransportWorld,
  transportConformance,
} from './transports.ts'
export { type UserStoreSetup, userStoreConformance } from './users.ts'
