/**
 * A world with ways back in, and what people do there.
 */
import {
  type AuthConfig,
  type CodeOptions,
  type Message,
  type Recovery,
  type RecoveryOptions,
  recovery,
} from 'crudauth'
import { testInbox } from 'crudauth/testing'
import type { Browser } from './browser.ts'
import { type WorldConfig, world } from './world.ts'

export const frontendUrl = 'https://app.example.com'

/** The token that a message's link has. */
export function tokenOf({ link }: Pick<Message, 'link'>): string {
  const token = /[#?]token=([\w-]+)$/.exec(link ?? '')?.[1]
  if (token === undefined) throw new Error(`no token in ${link}`)
  return token
}

/** So that a test sees what became of a registration. */
const plainly = { registration: { answers: 'plain' } } as WorldConfig

export function recoveryWorld(
  { codes, ...options }: Partial<RecoveryOptions> & { codes?: CodeOptions } = {},
  config: WorldConfig = {},
  hooks: AuthConfig['hooks'] = {},
  others: NonNullable<WorldConfig['features']> = [],
) {
  const inbox = testInbox(codes ? { codes } : {})
  const feature = recovery({
    channels: [inbox],
    frontendUrl,
    verifyNewAccounts: false,
    ...options,
  })
  const made = world({ features: [feature, ...others], ...plainly, ...config }, hooks as never)
  const auth = made.auth as typeof made.auth & { readonly recovery: Recovery }
  const to = 'ann@example.com'
  return {
    ...made,
    auth,
    inbox,
    /** Asks for a message, and waits until all that follows has happened. */
    async ask(client: Browser, kind: 'verify' | 'reset' | 'unlock' | 'sign-in', email = to) {
      const response = await client.post(`/recovery/${kind}-request`, { email })
      await auth.settled()
      return response
    },
    /** The token of the next message. */
    async token(recipient = to) {
      return tokenOf(await inbox.next({ to: recipient, withinMs: 1 }))
    },
    confirm: (client: Browser, kind: 'verify' | 'reset' | 'unlock' | 'sign-in', body: object) =>
      client.post(`/recovery/${kind}-confirm`, body),
    verified: (name = 'ann') =>
      made.sqlite
        .prepare('select email_verified from members where username = ?')
        .pluck()
        .get(name) === 1,
    /** Events of recovery, and of what follows from it. */
    told: (name: string) => made.events.filter((event) => event.name === name),
  }
}
