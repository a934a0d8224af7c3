/**
 * What a session check costs, against a Hono handler written by hand that does the same storage
 * read and the same query and nothing else: no CSRF token, no lifetimes, no epoch, no principal.
 */
import { createHash } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { Bench } from 'tinybench'
import { application, person, users } from './application.ts'

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
  const bare = new Hono().get('/checked', (c) => c.json({ id: 1 }))

  const ask = (target: Pick<Hono, 'fetch'>) => async () => {
    const headers = { cookie }
    const response = await target.fetch(new Request('https://app.example.com/checked', { headers }))
    if (response.status !== 200) throw new Error(`the check answered ${response.status}`)
  }
  const cost = await count(ask(checked))

  const bench = new Bench({ time: 2000, warmupTime: 500 })
    .add('crudauth', ask(checked))
    .add('by hand', ask(byHand))
    .add('no check', ask(bare))
  await bench.run()
  const [ours = 0, hand = 0, none = 0] = bench.tasks.map((task) => {
    if (!('latency' in task.result)) throw new Error(`${task.name} did not run`)
    return task.result.latency.p50 * 1000
  })
  console.log(`
Session check: ${cost.storage} storage read, ${cost.queries} query (median of a request, in process)
  no check   ${none.toFixed(1)} µs
  by hand    ${hand.toFixed(1)} µs
  crudauth   ${ours.toFixed(1)} µs
  ratio to by hand           ${(ours / hand).toFixed(2)}
  ratio of the check alone   ${((ours - none) / (hand - none)).toFixed(2)}`)
}
