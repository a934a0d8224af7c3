/**
 * What a check allocates above the same written by hand, in bytes, once it is compiled for good.
 * Counts differ by a kilobyte or two with what the engine has compiled: the limits leave room.
 */
import { describe, expect, test } from 'vitest'
import { countsOf } from '../bench/cost/counts.ts'
import { type SubjectName, subjects } from '../bench/cost/subjects.ts'
import { isReachable, postgres, redis } from './support/services.ts'

const most: Readonly<Record<SubjectName, number>> = {
  'session, memory': 6000,
  'session, Redis': 6500,
  bearer: 6000,
  // Two queries.
  'API key': 7500,
  // Two statements through a pool.
  'session, SQL': 16_000,
}

const services = { 'session, Redis': redis, 'session, SQL': postgres }

for (const [name, bound] of Object.entries(most)) {
  const service = services[name as keyof typeof services]
  describe.runIf(!service || (await isReachable(service)))(`A check of: ${name}`, () => {
    test(`allocates at most ${bound} bytes more than by hand`, async () => {
      const { apps, headers, close } = await subjects[name as SubjectName]()
      try {
        // A server's answers take their time, and are compiled meanwhile.
        const bursts = service ? 5 : 15
        const allocated = async (app: string) =>
          (await countsOf(apps[app] as NonNullable<(typeof apps)[string]>, headers, bursts)).bytes
        expect((await allocated('crudauth')) - (await allocated('by hand'))).toBeLessThanOrEqual(
          bound,
        )
      } finally {
        await close()
      }
    }, 180_000)
  })
}
