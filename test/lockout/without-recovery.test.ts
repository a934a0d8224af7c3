/**
 * What becomes of an account that strangers have closed, where recovery can prove its owner and
 * where it cannot.
 */
import { crudAuth, session } from 'crudauth'
import { describe, expect, test, vi } from 'vitest'
import { recoveryWorld } from '../support/recovery.ts'
import { Verifications } from '../support/verifications.ts'
import { database, secret, users } from '../support/world.ts'
import { address, guess, wrong } from './guesses.ts'

const started = (config: object) => {
  const codes: string[] = []
  crudAuth({
    users: users(database().db),
    secret,
    transports: [session()],
    onEvent: (event) => {
      if (event.name === 'warning') codes.push(event.code)
    },
    ...config,
  })
  return codes.includes('lockout_without_recovery')
}

describe('Without recovery', () => {
  test('the start says what is left of an account, unless the application does', () => {
    expect(started({})).toBe(false)
    vi.stubEnv('NODE_ENV', 'production')
    expect(started({})).toBe(true)
    expect(started({ lockout: { maxAttempts: 6 } })).toBe(true)
    expect(started({ lockout: { withoutRecovery: 'slow' } })).toBe(false)
    expect(started({ lockout: { withoutRecovery: 'close' } })).toBe(false)
    expect(started({ lockout: { mode: 'observe' } })).toBe(false)
    vi.unstubAllEnvs()
  })
})

describe('With recovery', () => {
  const closed = async () => {
    const verifications = new Verifications()
    const made = recoveryWorld({}, { passwords: { adopt: [verifications.format] } })
    const member = await made.member()
    for (let n = 0; n < 101; n++) {
      made.clock.advance(16)
      for (const name of ['ann', 'nobody']) {
        await guess(made.browser({ peer: address(n % 6) }), name)
      }
    }
    return { ...made, member, verifications }
  }

  test('a closed account takes no guess, and its owner opens it from the mailbox', async () => {
    const { browser, clock, member, ask, token, confirm } = await closed()
    clock.advance(3600)
    const owner = browser({ peer: '192.0.2.20' })
    expect(await guess(owner, 'ann', member.password)).toBe(429)
    await ask(browser({ peer: '192.0.2.21' }), 'unlock')
    await confirm(owner, 'unlock', { token: await token() })
    expect(await guess(owner, 'ann', member.password)).toBe(200)
  })

  test('it refuses as a name without an account does, with the same work', async () => {
    const { browser, clock, verifications } = await closed()
    const seen = async (name: string) => {
      const answers: unknown[] = []
      for (let n = 0; n < 6; n++) {
        if (n % 2 === 0) clock.advance(3600)
        const before = verifications.count
        const response = await browser({ peer: address(50 + n) }).post('/login', {
          username: name,
          password: wrong(),
        })
        const { detail } = (await response.json()) as { detail: string }
        const retryAfter = response.headers.get('retry-after')
        answers.push([response.status, retryAfter, detail, verifications.count - before])
      }
      return answers
    }
    const known = await seen('ann')
    expect(known).toEqual(await seen('nobody'))
    const text =
      'Too many login attempts. Try again later, or use a browser that has logged in before, or reset the password.'
    expect(known).toEqual([1, 0, 1, 0, 1, 0].map((verified) => [429, '3600', text, verified]))
  })
})
