/**
 * Plays people and attackers against the lockout, and prints what each of them got: the table of
 * `docs/lockout.md`.
 *
 *     npm run bench:lockout
 */
import { attacks } from './attacks.ts'
import { crowds } from './crowds.ts'

const started = performance.now()
await crowds()
await attacks()
console.log(`\nTook ${Math.round((performance.now() - started) / 1000)} s.`)
