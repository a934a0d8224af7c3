/**
 * Runs every benchmark. Figures are ratios within one run: machines differ, and so do moments.
 */
import { bearerCheck } from './bearer-check.ts'
import { lockout } from './lockout.ts'
import { sessionCheck } from './session-check.ts'

await sessionCheck()
await bearerCheck()
await lockout()
