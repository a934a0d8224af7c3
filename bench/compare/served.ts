/**
 * What every library that is compared has to serve: `GET /checked`, which answers 200 and the
 * address of whoever is logged in, or 401.
 */
export interface Served {
  readonly port: number
  /** The same answer of the same framework, without any check. */
  readonly barePort: number
  /** Logs in once more, as the library does it; the headers of requests. */
  logIn(): Promise<Readonly<Record<string, string>>>
  /** Ends one login, as the library does it; `null` where nothing ends one before its time. */
  readonly revoke: ((headers: Readonly<Record<string, string>>) => Promise<void>) | null
  /** Changes the one row of users behind the library's back: what stands after `set`. */
  change(assignments: string): Promise<void>
  /** Sets another password, as the library does it; in the row, where that is not its business. */
  setPassword(password: string): Promise<void>
  close(): Promise<void>
}

/** What an application without such a library writes for a new password. */
export const setPasswordBy =
  (change: Served['change']): Served['setPassword'] =>
  (password) =>
    change(`hashed_password = '${password}', token_version = token_version + 1`)

/** What a module of a library exports, by the name of a variant. */
export type Variants = Readonly<Record<string, () => Promise<Served>>>

export const person = {
  email: 'ann@example.com',
  username: 'ann',
  password: 'correct horse battery',
} as const

export const secret = 'a secret for benchmarks, thirty-two bytes or more'
export const origin = 'https://app.example.com'
export const answer: { readonly email: string } = { email: person.email }

/** What browsers send with every request, besides the host and their cookies. */
export const browser: Readonly<Record<string, string>> = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  accept: '*/*',
  'accept-language': 'en-US,en;q=0.5',
  'accept-encoding': 'gzip, deflate, br, zstd',
  referer: `${origin}/`,
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
  priority: 'u=4',
}

/** The first part of all `Set-Cookie` lines, as a browser sends them back. */
export function cookieOf(headers: Headers): { readonly cookie: string } {
  const cookie = headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  if (cookie === '') throw new Error('the login set no cookie')
  return { cookie }
}
