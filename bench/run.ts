/**
 * Runs every benchmark. Figures are ratios within one run: machines differ, and so do moments.
 */

import { isReachable, redis } from '../test/support/services.ts'
import { costs } from './cost/run.ts'
import { flood } from './flood.ts'
import { imports } from './imports.ts'
import { parallelGuesses } from './parallel-guesses.ts'
import { redisStorageCosts } from './redis-storage.ts'

await costs()
await parallelGuesses()
await flood()
imports()
if (await isReachable(redis)) await redisStorageCosts()
