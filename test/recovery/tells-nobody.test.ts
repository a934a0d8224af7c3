/**
 * Who asks for a message learns nothing from the answer: not by its words, nor by the work that is
 * done before it. What the clock says: `wall-time.test.ts`.
 */
import { describe, expect, test } from 'vitest'
import { recoveryWorld } from '../support/recovery.ts'

const kinds = ['verify', 'reset', 'unlock', 'sign-in'] as const

/** Accounts of every sort, and nobody. */
async function everybody() {
  const made = recoveryWorld({ signIn: true })
  const names = ['known', 'verified', 'disabled', 'frozen', 'locked', 'without']
  for (const name of names) await made.member(name)
  made.sqlite.exec(`
    update members set email_verified = 1 where username = 'verified';
    update members set is_active = 0 where username = 'disabled';
    update members set hashed_password = '!frozen.x' where username = 'frozen';
    update members set hashed_password = '!x' where username = 'without';
  `)
  for (let index = 0; index < 6; index++) {
    const body = { username: 'locked', password: `guess ${index}` }
    await made.browser({ peer: '198.51.100.9' }).post('/login', body)
  }
  return { ...made, emails: [...names, 'nobody'].map((name) => `${name}@example.com`) }
}

describe.each(kinds)('Asking for a message to %s', (kind) => {
  test('does the same before the answer, and says the same, whoever is asked for', async () => {
    const { emails, browser, calls, queries, auth } = await everybody()
    const seen: unknown[] = []
    for (const email of emails) {
      await auth.settled()
      queries.count = 0
      for (const name of Object.keys(calls)) calls[name] = 0
      const client = browser({ peer: '192.0.2.50' })
      const response = await client.post(`/recovery/${kind}-request`, { email })
      const operations = Object.entries(calls).filter(([, times]) => times > 0)
      const work = { queries: queries.count, operations }
      const headers = [...response.headers.keys()].sort()
      const text = await response.text()
      // A receipt is random, and always of one length.
      const body = text.replace(/"receipt":"[^"]*"/, '"receipt":"…"')
      seen.push({ status: response.status, headers, length: text.length, body, work })
    }
    for (const one of seen) expect(one).toEqual(seen[0])
    expect(seen[0]).toMatchObject({ status: 200, work: { queries: 0, operations: [] } })
  })
})
