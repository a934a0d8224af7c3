/**
 * A proof that drops what was there is done or not done, wherever the process ends, whatever fails.
 */
import { describe, expect, test } from 'vitest'
import { another, type Plant, type ProofOfMailbox, plantedWorld } from '../support/plants.ts'

const dropping: readonly ProofOfMailbox[] = [
  'the link elsewhere, and a new password',
  'a reset',
  'a link to sign in',
]

/** Those that can be asked of one account, one after the other, and change nothing. */
const quiet: readonly Plant[] = ['session', 'access token', 'API key', 'identity', 'password']

describe.each(dropping)('When the address is proven by %s', (proof) => {
  const ways = {
    'the process dies after': 'dieAfter',
    'nothing but this fails:': 'failAt',
    'nothing but the answer is lost of': 'loseAnswerOf',
  } as const

  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    'and %s each statement in turn, all is as it was or all is done',
    async (way) => {
      const states = new Set<string>()
      for (let statement = 0; ; statement++) {
        const made = await plantedWorld()
        const prove = await made.proofs[proof]()
        made.faults[ways[way]](statement)
        const { status } = await prove()
        await made.auth.settled()
        const isThrough = made.faults.count < statement
        made.faults.mend()
        const where = `${way} statement ${statement}`

        const isProven = made.isVerified()
        if (status === 200) expect(isProven, where).toBe(true)
        const alive: Plant[] = []
        for (const plant of quiet) if (await made.plants[plant]()) alive.push(plant)
        if (isProven) expect(alive, where).toEqual([])
        // Ways in beside the password go first: what was the owner's is linked again.
        else expect([...alive, 'identity'], where).toEqual(expect.arrayContaining([...quiet]))
        if (proof !== 'a link to sign in') {
          expect((await made.logIn(another)) === 200, where).toBe(isProven)
        }
        states.add(String(isProven))
        if (isThrough) break
      }
      expect(states).toEqual(new Set(['false', 'true']))
    },
  )

  test.each(['refresh family', 'known device', 'one-time record', 'pending change'] as const)(
    'and what follows it fails, a planted %s is dead all the same',
    async (plant) => {
      let statement = 0
      for (; ; statement++) {
        const made = await plantedWorld()
        const prove = await made.proofs[proof]()
        made.faults.dieAfter(statement)
        await prove()
        await made.auth.settled()
        made.faults.mend()
        if (!made.isVerified()) continue
        // The first statement after which it is proven: nothing was deleted since.
        expect(await made.plants[plant]()).toBe(false)
        return
      }
    },
  )
})
