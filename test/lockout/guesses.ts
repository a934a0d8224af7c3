/**
 * Guessing in tests: every guess is another password, from wherever a test says.
 */
import type { Browser } from '../support/browser.ts'

let count = 0

/** A password that nobody has and nobody tried. */
export function wrong(): string {
  count += 1
  return `not the password ${count}`
}

/** Logs in with a password, a wrong one unless said otherwise; returns the status. */
export async function guess(
  browser: Browser,
  username: string,
  password: string = wrong(),
): Promise<number> {
  return (await browser.post('/login', { username, password })).status
}

/** One after the other. */
export async function guesses(
  times: number,
  next: (n: number) => Promise<number>,
): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < times; n++) statuses.push(await next(n))
  return statuses
}

/** Addresses that never repeat a network. */
export const address = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

export const five: readonly number[] = [401, 401, 401, 401, 401]
export const once: readonly number[] = [...five, 429]
