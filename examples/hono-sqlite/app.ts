/**
 * The application: crudauth's routes, two routes of its own, and its pages.
 */

import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import {
  apiKeys,
  bearer,
  type DeliveryChannel,
  honoAuth,
  type Principal,
  recovery,
  session,
} from 'crudauth/hono'
import { oauth, oidc } from 'crudauth/oauth'
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import * as z from 'zod'
import { keys, members, type openDatabase } from './db.ts'
import type { DemoId } from './demo-id.ts'
import { pages } from './pages.ts'

export interface AppOptions {
  db: ReturnType<typeof openDatabase>['db']
  /** Without one, crudauth makes one for the process and says so. */
  secret: string | undefined
  /** Off only to try the page from another device over plain HTTP. */
  secureCookies: boolean
  /** Where people reach the pages: links in messages begin with it. */
  url: string
  /** What brings messages to people. */
  channel: DeliveryChannel
  /** The provider on this machine; `null` for none. */
  demoId: DemoId | null
}

/** What a token or a key needs to change something. Who has the session may do everything. */
const write = 'profile:write'
const mayWrite = ({ transport, scopes }: Principal) =>
  transport === 'session' || scopes.includes(write)

export function createApp({ db, secret, secureCookies, url, channel, demoId }: AppOptions) {
  const auth = honoAuth({
    users: drizzleUsers(db, members),
    secret,
    cookies: { secure: secureCookies },
    transports: [
      session(),
      // For programs in which their owner types the password.
      bearer({ accessTtl: 900, defaultScopes: [write] }),
      // For scripts: a key can do no more than its owner ticked.
      apiKeys({
        keys: drizzleApiKeys(db, keys),
        prefix: 'member',
        grantableScopes: [write],
        managementRoutes: true,
      }),
    ],
    // Ways back in: the pages of the links are in public/link.html.
    features: [
      recovery({ channels: [channel], frontendUrl: url, signIn: true }),
      // With an account elsewhere. For Google write google({ clientId, clientSecret }) beside it.
      demoId &&
        oauth({
          providers: {
            demo: oidc({
              label: 'Demo ID',
              issuer: demoId.issuer,
              clientId: demoId.clientId,
              clientSecret: demoId.clientSecret,
              onPrivateNetwork: true,
            }),
          },
          redirectBaseUrl: url,
          landingPage: '/',
        }),
    ],
  })

  const rename = z.object({ displayName: z.string().trim().min(1).max(40) })

  return auth
    .mount(new Hono())
    .get('/dashboard', auth.guard(), (c) => {
      const { displayName, plan, emailVerified, createdAt } = c.var.principal.user
      return c.json({ displayName, plan, emailVerified, memberSince: createdAt })
    })
    .post(
      '/dashboard/name',
      auth.guard({ check: mayWrite }),
      auth.rateLimit('rename', { times: 10, seconds: 60 }, { key: 'user' }),
      async (c) => {
        const body = rename.safeParse(await c.req.json().catch(() => null))
        if (!body.success) return c.json({ detail: 'A name has 1 to 40 characters.' }, 422)
        const { displayName } = body.data
        await db.update(members).set({ displayName }).where(eq(members.id, c.var.principal.userId))
        return c.json({ displayName })
      },
    )
    .get('/providers', (c) => c.json(auth.oauth?.providers ?? []))
    .get('/openapi.json', async (c) => c.json(await auth.openapi({ title: 'Members' })))
    .route('/', pages())
}
