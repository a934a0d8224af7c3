/**
 * What was left in an account before its address was proven, by each kind of proof: it lives on, or
 * is dead. What happens where a process ends in between: `never-half.test.ts`.
 */
import { describe, expect, test } from 'vitest'
import { type Plant, type ProofOfMailbox, plantedWorld } from '../support/plants.ts'

const plants: readonly Plant[] = [
  'password',
  'session',
  'access token',
  'refresh family',
  'API key',
  'identity',
  'known device',
  'one-time record',
  'pending change',
]

/** Whether what was there lives on: where the proof comes from whoever made the account. */
const livesOn: Readonly<Record<ProofOfMailbox, boolean>> = {
  'the link, in the browser that registered': true,
  'the link elsewhere, and the password that was chosen': true,
  'the link, with a session of the account': true,
  'the link elsewhere, and a new password': false,
  'a reset': false,
  'a link to sign in': false,
}

const proofs = Object.keys(livesOn) as ProofOfMailbox[]
describe.each(proofs)('Before the address is proven by %s', (proof) => {
  test.concurrent.each(plants)(
    `a planted %s ${livesOn[proof] ? 'lives on' : 'is dead'}`,
    async (plant) => {
      const made = await plantedWorld()
      const prove = await made.proofs[proof]()
      expect((await prove()).status).toBe(200)
      await made.auth.settled()
      expect(made.isVerified()).toBe(true)
      // A link that proved the address before is used up by it, whoever asked for it.
      expect(await made.plants[plant]()).toBe(livesOn[proof])
    },
  )
})

test.concurrent.each(plants)(
  'Without a proof a planted %s is alive: the tests above see what they mean',
  async (plant) => {
    const made = await plantedWorld()
    expect(await made.plants[plant]()).toBe(true)
  },
)
