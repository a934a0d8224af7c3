/**
 * What a bearer check costs, against a Hono handler written by hand that verifies the same token
 * with the same library and does the same query.
 */
import { createSecretKey } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { Hono } from 'hono'
import { jwtVerify } from 'jose'
import { application, person, secret, users } from './application.ts'
import { compare } from './compare.ts'

export async function bearerCheck(): Promise<void> {
  const { auth, db, post, count } = await application()
  const login = await post('/token', person)
  const { access_token: token } = (await login.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${token}` }

  const checked = new Hono().get('/checked', auth.currentUser(), (c) =>
    c.json({ id: c.var.principal.userId }),
  )
  const key = createSecretKey(Buffer.from(secret))
  const find = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare()
  const byHand = new Hono().get('/checked', async (c) => {
    const sent = c.req.header('authorization')?.slice('Bearer '.length) ?? ''
    const { payload } = await jwtVerify(sent, key, { algorithms: ['HS256'] })
    const user = find.get({ id: Number(payload.sub) })
    return user ? c.json({ id: user.id }) : c.json({}, 401)
  })
  await compare('Bearer check', { checked, byHand, headers, count })
}
