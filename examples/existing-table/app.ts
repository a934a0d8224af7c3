/**
 * The application: crudauth's routes, three of its own over the old columns, and a page.
 */
import { join } from 'node:path'
import { and, count, eq, isNotNull, sql } from 'drizzle-orm'
import { Hono } from 'hono'
import { pages } from '../hono-sqlite/pages.ts'
import { type AuthOptions, createAuth } from './auth.ts'
import { isMember, members } from './tables.ts'

/** How a stored hash begins, such as `$2y$`: its format, and nothing of the hash. */
const format = sql<string>`coalesce(substring(${members.passwd} from '^\\$[^$]+\\$'), 'none')`

export function createApp(options: AuthOptions) {
  const { db } = options
  const auth = createAuth(options)

  return (
    auth
      .mount(new Hono())
      .get('/account', auth.guard(), async (c) => {
        const { user, emailVerified, isSuperuser } = c.var.principal
        const [stored] = await db
          .select({ format })
          .from(members)
          .where(eq(members.memberId, c.var.principal.userId))
        return c.json({
          fullName: user.fullName,
          berth: user.berth,
          memberSince: new Date(user.joined * 1000),
          emailVerified,
          isSuperuser,
          passwordFormat: stored?.format,
        })
      })
      // For members whose address is confirmed.
      .get('/berths', auth.guard({ verified: true }), async (c) => {
        const { berth, fullName } = members
        const berths = await db
          .select({ berth, fullName })
          .from(members)
          .where(and(isMember, isNotNull(berth)))
          .orderBy(berth)
        return c.json({ berths })
      })
      // How far the migration is, counting those who can still log in.
      .get('/hashes', auth.guard({ superuser: true }), async (c) => {
        const hashes = await db
          .select({ format, rows: count() })
          .from(members)
          .where(and(eq(members.banned, 'N'), isMember))
          .groupBy(format)
          .orderBy(format)
        return c.json({ hashes })
      })
      .route(
        '/',
        pages({
          '/': join(own, 'index.html'),
          '/page.js': join(own, 'page.js'),
          '/members.css': join(own, 'members.css'),
          '/forms.js': join(shared, 'forms.js'),
          '/style.css': join(shared, 'style.css'),
          '/icon.svg': join(shared, 'icon.svg'),
        }),
      )
  )
}

const own = join(import.meta.dirname, 'public')
const shared = join(import.meta.dirname, '../hono-sqlite/public')
