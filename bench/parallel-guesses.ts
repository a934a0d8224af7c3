/**
 * How many real verifications a hundred wrong passwords at once get.
 */
import { Verifications } from '../test/support/verifications.ts'
import { application, person } from './application.ts'

export async function parallelGuesses(): Promise<void> {
  const verifications = new Verifications()
  const { post } = await application({ adopt: [verifications.format] })
  const responses = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      post('/login', { username: person.username, password: 'wrong' }, `10.0.0.${n}`),
    ),
  )
  const refused = responses.filter(({ status }) => status === 429).length
  console.log(`
Lockout: 100 wrong passwords at once from 100 addresses
  verified   ${verifications.count}
  refused    ${refused}`)
}
