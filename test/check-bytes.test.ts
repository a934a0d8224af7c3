/**
 * What a check allocates above the same written by hand, in bytes, once it is compiled for good:
 * of the package as it was built, in a process where nothing else has run, as `npm run bench` has
 * it.
 */
import { describe, expect, test } from 'vitest'
import { counted } from '../bench/cost/counted.ts'
import type { SubjectName } from '../bench/cost/subjects.ts'
import { isReachable, postgres, redis } from './support/services.ts'

const most: Readonly<Record<SubjectName, number>> = {
  'session, memory': 6000,
  'session, Redis': 6000,
  bearer: 6000,
  'API key': 6500,
  // 5,000 on a machine with nothing else to do: what waits for a server is compiled late.
  'session, SQL': 12_000,
}

const services = { 'session, Redis': redis, 'session, SQL': postgres }

for (const [name, bound] of Object.entries(most)) {
  const service = services[name as keyof typeof services]
  describe.runIf(!service || (await isReachable(service)))(`A check of: ${name}`, () => {
    test(`allocates at most ${bound} bytes more than by hand`, async () => {
      const { crudauth: ours, 'by hand': byHand } = await counted(name as SubjectName)
      expect((ours?.bytes ?? Infinity) - (byHand?.bytes ?? 0)).toBeLessThanOrEqual(bound)
    }, 180_000)
  })
}
