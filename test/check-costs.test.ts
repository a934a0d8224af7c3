/**
 * What a check makes above the same written by hand, in promises, counted by `async_hooks`: the
 * same on any machine. `check-bytes.test.ts` has the bytes, `npm run bench` the time.
 */
import { describe, expect, test } from 'vitest'
import { asking, promisesOf } from '../bench/cost/counts.ts'
import { type SubjectName, subjects } from '../bench/cost/subjects.ts'
import { isReachable, postgres, redis } from './support/services.ts'

const most: Readonly<Record<SubjectName, number>> = {
  'session, memory': 3,
  'session, Redis': 2,
  bearer: 0,
  // One query, where by hand there are two.
  'API key': 0,
  // Two statements through a pool, each with its turn and its bound.
  'session, SQL': 12,
}

const services = { 'session, Redis': redis, 'session, SQL': postgres }

for (const [name, bound] of Object.entries(most)) {
  const service = services[name as keyof typeof services]
  describe.runIf(!service || (await isReachable(service)))(`A check of: ${name}`, () => {
    test(`makes at most ${bound} promises more than by hand`, async () => {
      const { apps, headers, close } = await subjects[name as SubjectName]()
      try {
        const made = async (app: string) => {
          const ask = asking(apps[app] as NonNullable<(typeof apps)[string]>, headers)
          await ask()
          return promisesOf(ask)
        }
        expect((await made('crudauth')) - (await made('by hand'))).toBeLessThanOrEqual(bound)
      } finally {
        await close()
      }
    })
  })
}
