/**
 * A stranger asks for a message every second and guesses at every code, all day: its owner gets in
 * with one message, and receives no more than the configured number.
 */
import { describe, expect, test } from 'vitest'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

const newPassword = 'another horse, another battery'

/**
 * Each round is ten minutes: little that a stranger can have refills within them, so that what is
 * asked at their beginning stands for the six hundred requests.
 */
const rounds = 24 * 6
const asksPerRound = 2

async function besieged(peerOf: (round: number) => string) {
  const made = recoveryWorld({ codes: {}, signIn: true })
  await made.member()
  let guesses = 0
  for (let round = 0; round < rounds; round++) {
    for (let ask = 0; ask < asksPerRound; ask++) {
      const stranger = made.browser({ peer: peerOf(round * asksPerRound + ask) })
      const asked = await made.ask(stranger, 'reset')
      const { receipt } = (await asked.json()) as { receipt: string }
      const body = { receipt, code: String(round).padStart(6, '0'), new_password: newPassword }
      await made.confirm(stranger, 'reset', body)
      guesses += 1
    }
    made.clock.advance(600)
  }
  return { ...made, guesses, inDay: made.inbox.messages.length }
}

describe.each([
  ['from a thousand addresses', (round: number) => `198.18.${round % 250}.${(round * 7) % 4}`],
  ["from behind the owner's own address", () => '192.0.2.50'],
])('A day of requests and guesses %s', (_, peerOf) => {
  test('keeps nobody out, guesses nothing, and fills no mailbox', async () => {
    const made = await besieged(peerOf)
    // Three an hour at strangers' request, and two live at once.
    expect(made.inDay).toBeLessThanOrEqual(3 * 24)
    expect(made.told('password.reset')).toHaveLength(0)
    const looked = made
      .told('recovery.refused')
      .filter((event) => 'reason' in event && event.reason === 'wrong_code')
    expect(looked.length).toBeLessThanOrEqual(100)

    // The owner, on a browser never seen, asks once, and opens the latest message that is there.
    const owner = made.browser({ peer: '192.0.2.50' })
    await made.ask(owner, 'reset')
    expect(made.inbox.messages.length - made.inDay).toBeLessThanOrEqual(1)
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    const phone = made.browser({ peer: '203.0.113.80' })
    const reset = await made.confirm(phone, 'reset', { token, new_password: newPassword })
    expect(reset.status).toBe(200)
    const login = { username: 'ann', password: newPassword }
    expect((await owner.post('/login', login)).status).toBe(200)
    // And then a code is good again, in a browser that is known.
    await owner.post('/logout')
    const asked = await made.ask(owner, 'reset')
    const { receipt } = (await asked.json()) as { receipt: string }
    const { code } = made.inbox.messages.at(-1) as { code: string | null }
    const body = { receipt, code, new_password: 'a third one, for good measure' }
    expect((await made.confirm(owner, 'reset', body)).status).toBe(200)
  })
})
