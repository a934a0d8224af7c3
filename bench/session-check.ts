/**
 * What a session check costs, against a Hono handler written by hand that does the same storage
 * read and the same query and nothing else: no CSRF token, no lifetimes, no epoch, no principal.
 */
import { createHash } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { application, person, users } from './application.ts'
import { compare } from './compare.ts'

export async function sessionCheck(): Promise<void> {
  const { auth, db, post, storage, count } = await application()
  const login = await post('/login', person)
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

  const checked = new Hono().get('/checked', auth.currentUser(), (c) =>
    c.json({ id: c.var.principal.userId }),
  )

  const find = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare()
  const byHand = new Hono().get('/checked', async (c) => {
    const id = getCookie(c, '__Host-session_id') ?? ''
    const key = createHash('sha256').update(id).digest('base64url')
    const stored = await storage.get(`crudauth:session:${key}`)
    if (stored === null) return c.json({}, 401)
    const session = JSON.parse(stored) as { user: string }
    const user = find.get({ id: Number(session.user) })
    return user ? c.json({ id: user.id }) : c.json({}, 401)
  })
  await compare('Session check', { checked, byHand, headers: { cookie }, count })
}
