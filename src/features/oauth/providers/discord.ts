/**
 * Discord, by OAuth 2: https://discord.com/developers/docs/topics/oauth2
 */
import type { OAuthProvider, ProviderAnswers, ProviderProfile } from '../provider.ts'
import { asClaims, type ClientOptions, missing, plainProvider, unknownOptions } from './shared.ts'

/**
 * Sign in with Discord. Its word proves an address where `verified`, of the same answer, is the
 * boolean `true`: "whether the email on this account has been verified"
 * (https://discord.com/developers/docs/resources/user#user-object).
 *
 * @example
 * ```ts
 * discord({ clientId: process.env.DISCORD_ID, clientSecret: process.env.DISCORD_SECRET })
 * ```
 */
export function discord(options: ClientOptions): OAuthProvider {
  const given = Object(options) as ClientOptions
  const { clientId, clientSecret } = given
  return plainProvider({
    label: 'Discord',
    problems: [
      ...unknownOptions(options, ['clientId', 'clientSecret', 'scopes']),
      ...missing(options, ['clientId', 'clientSecret']),
    ],
    clientId,
    authentication: { method: 'client_secret_post', secret: () => clientSecret },
    issuer: 'https://discord.com',
    endpoints: {
      authorization: 'https://discord.com/oauth2/authorize',
      token: 'https://discord.com/api/oauth2/token',
    },
    scopes: given.scopes ?? ['identify', 'email'],
    further: { user: { url: 'https://discord.com/api/users/@me' } },
    profile,
  })
}

function profile({ further }: ProviderAnswers): ProviderProfile | null {
  const user = asClaims(further['user'])
  if (user === null) return null
  const { id, avatar } = user
  return {
    // A snowflake, written as a text.
    subject: id,
    // `null` without the scope, or for an account that has a telephone number only.
    email:
      user['email'] == null
        ? null
        : { address: user['email'], isVerified: user['verified'] === true },
    name: user['global_name'],
    username: user['username'],
    // https://discord.com/developers/docs/reference#image-formatting
    picture:
      typeof avatar === 'string' && /^\w+$/.test(avatar)
        ? `https://cdn.discordapp.com/avatars/${String(id)}/${avatar}.png`
        : null,
  }
}
