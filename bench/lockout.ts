/**
 * How many real verifications a hundred wrong passwords at once get.
 */
import { application, person } from './application.ts'

export async function lockout(): Promise<void> {
  const { post } = await application()
  const responses = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      post('/login', { username: person.username, password: 'wrong' }, `10.0.0.${n}`),
    ),
  )
  const verified = responses.filter(({ status }) => status === 401).length
  const refused = responses.filter(({ status }) => status === 429).length
  console.log(`
Lockout: 100 wrong passwords at once from 100 addresses
  verified   ${verified}
  refused    ${refused}`)
}
