/**
 * Runs every benchmark. Figures are ratios within one run: machines differ, and so do moments.
 */

import { isReachable, redis } from '../test/support/services.ts'
import { bearerCheck } from './bearer-check.ts'
import { parallelGuesses } from './parallel-guesses.ts'
import { redisStorageCosts } from './redis-storage.ts'
import { sessionCheck } from './session-check.ts'

await sessionCheck()
await bearerCheck()
await parallelGuesses()
if (await isReachable(redis)) await redisStorageCosts()
