/**
 * Figures of size: bytes of a session, checks of several processes, ending many sessions, a million
 * live ones. Needs PostgreSQL, and starts Redis servers of its own; takes a few minutes.
 */
import { isReachable, postgres, redisServer } from '../test/support/services.ts'
import { bytes } from './scale/bytes.ts'
import { checks } from './scale/checks.ts'
import { million } from './scale/million.ts'
import { revocation } from './scale/revocation.ts'

if ((await isReachable(redisServer)) && (await isReachable(postgres))) {
  await bytes()
  await checks()
  await revocation()
  await million()
}
