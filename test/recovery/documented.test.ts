/**
 * The front end's part as `docs/recovery.md` prints it, against an application: every function of
 * every flow is called as a page would.
 */
import { sudo } from 'crudauth'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { samplesOf } from '../support/documented-samples.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

const samples = samplesOf('recovery.md')
afterAll(() => samples.close())

const newPassword = 'another horse, another battery'
const email = 'ann@example.com'

/** The browser that the page is open in. */
const page: { browser?: Browser } = {}

beforeEach(() => {
  vi.stubGlobal('location', { hash: '#token=of-the-link' })
  vi.stubGlobal('fetch', (path: string, init: { method: string; body?: string }) =>
    page.browser?.call(init.method, path, {
      headers: { 'content-type': 'application/json' },
      ...(init.body === undefined ? {} : { body: init.body }),
    }),
  )
})

function opened(...given: Parameters<typeof recoveryWorld>) {
  const [options = {}, ...rest] = given
  const made = recoveryWorld({ codes: {}, signIn: true, ...options }, ...rest)
  page.browser = made.browser()
  return {
    ...made,
    latest: async () => {
      await made.auth.settled()
      return made.inbox.messages.at(-1) as { link: string; code: string }
    },
    elsewhere: () => {
      page.browser = made.browser()
    },
  }
}

type Ask = (email: string) => Promise<void>

describe('As documented:', () => {
  test('an address is verified, with the password or with a new one', async () => {
    const { askForVerification, verify, tokenOfLink } = await samples.load<{
      askForVerification: Ask
      verify(sent: object): Promise<unknown>
      tokenOfLink: string
    }>('export async function verify(')
    expect(tokenOfLink).toBe('of-the-link')
    const made = opened()
    const { password } = await made.member()
    await askForVerification(email)
    const token = tokenOf(await made.latest())
    const needed = (await verify({ token })) as { proof: string }
    expect(needed).toEqual({ proof: expect.any(String) })
    expect(await verify({ proof: needed.proof, password: 'not that one' })).toBe('wrong_password')
    expect(await verify({ proof: needed.proof, password })).toBe('verified')
    expect(await verify({ token: 'x'.repeat(43) })).toBe('expired')
    expect(made.verified()).toBe(true)
  })

  test('a password is reset by a link, and refusals are told', async () => {
    const { askForReset, reset } = await samples.load<{
      askForReset: Ask
      reset(token: string, password: string): Promise<string | null>
    }>('export async function reset(')
    const made = opened()
    await made.member()
    await askForReset(email)
    const token = tokenOf(await made.latest())
    expect(await reset(token, 'short')).toContain('at least')
    expect(await reset(token, newPassword)).toBeNull()
    expect(await reset(token, newPassword)).toContain('expired')
  })

  test('and by a code', async () => {
    const { askForCode, resetByCode } = await samples.load<{
      askForCode(kind: string, email: string): Promise<void>
      resetByCode(code: string, password: string): Promise<string | null>
    }>('export async function askForCode(')
    const made = opened()
    await made.member()
    await askForCode('reset', email)
    const { code } = await made.latest()
    for (let left = 4; left >= 0; left--) {
      const said = left === 0 ? 'Ask for another code.' : 'The code is not right.'
      expect(await resetByCode('000 000 0', newPassword)).toBe(said)
    }
    expect(await resetByCode(code, newPassword)).toBe('Ask for another code.')
    await askForCode('reset', email)
    expect(await resetByCode((await made.latest()).code, newPassword)).toBeNull()
  })

  test('an account is unlocked', async () => {
    const { askForUnlock, unlock } = await samples.load<{
      askForUnlock: Ask
      unlock(token: string): Promise<boolean>
    }>('export async function unlock(')
    const made = opened()
    await made.member()
    await askForUnlock(email)
    const token = tokenOf(await made.latest())
    expect(await unlock(token)).toBe(true)
    expect(await unlock(token)).toBe(false)
  })

  test('a link signs in here, and shows a code elsewhere', async () => {
    const { askForLink, signIn, enterCode } = await samples.load<{
      askForLink: Ask
      signIn(token: string): Promise<'signed in' | { code: string } | 'expired'>
      enterCode(code: string): Promise<boolean>
    }>('export async function signIn(')
    const made = opened()
    await made.member()
    await askForLink(email)
    const here = page.browser as Browser
    const token = tokenOf(await made.latest())
    made.elsewhere()
    const shown = (await signIn(token)) as { code: string }
    page.browser = here
    expect(await enterCode('no code')).toBe(false)
    expect(await enterCode(shown.code)).toBe(true)
    await here.post('/logout')
    await askForLink(email)
    expect(await signIn(tokenOf(await made.latest()))).toBe('signed in')
    expect(await signIn(token)).toBe('expired')
  })

  test('a login is confirmed, for sudo without a password', async () => {
    const held: { confirmed?: (principal: never) => Promise<boolean> } = {}
    const withoutPassword = (principal: unknown) => held.confirmed?.(principal as never) ?? false
    const made = opened({ confirmations: true }, {}, {}, [sudo({ route: true, withoutPassword })])
    held.confirmed = (principal) => made.auth.recovery.confirmed(principal)
    const { askToConfirm, confirmByCode, confirmByLink } = await samples.load<{
      askToConfirm(): Promise<string>
      confirmByCode(receipt: string, code: string): Promise<boolean>
      confirmByLink(token: string): Promise<unknown>
    }>('export async function askToConfirm(')
    await made.member()
    await made.ask(page.browser as Browser, 'sign-in')
    const link = tokenOf(await made.latest())
    await made.confirm(page.browser as Browser, 'sign-in', { token: link })
    const receipt = await askToConfirm()
    const { code } = await made.latest()
    expect(await confirmByCode(receipt, 'no code')).toBe(false)
    expect(await confirmByCode(receipt, code)).toBe(true)
    await askToConfirm()
    const token = tokenOf(await made.latest())
    const here = page.browser as Browser
    made.elsewhere()
    expect(await confirmByLink(token)).toEqual({ code: expect.stringMatching(/^\d{6}$/) })
    page.browser = here
    expect(await confirmByLink(token)).toBe('confirmed')
    expect(await confirmByLink(token)).toBeNull()
  })

  test('an address is changed, undone, and both mailboxes agree', async () => {
    const { askForChange, confirmChange } = await samples.load<{
      askForChange(email: string, password: string): Promise<string | null>
      confirmChange(token: string): Promise<string | null>
    }>('export async function askForChange(')
    const { freeze, agreeToOpen } = await samples.load<{
      freeze(token: string): Promise<boolean>
      agreeToOpen(token: string): Promise<string>
    }>('export async function freeze(')
    const made = opened()
    const member = await made.member()
    await made.ask(page.browser as Browser, 'verify')
    const { password } = member
    const verified = { token: tokenOf(await made.latest()), password }
    await made.confirm(page.browser as Browser, 'verify', verified)
    page.browser = await made.loggedIn(member)
    expect(await askForChange('ann@new.example.com', 'not that one')).toBe('Incorrect password')
    expect(await askForChange('ann@new.example.com', password)).toBeNull()
    expect(await confirmChange(tokenOf(await made.latest()))).toBeNull()
    const notice = tokenOf(await made.latest())
    made.elsewhere()
    expect(await freeze(notice)).toBe(true)
    expect(await freeze(notice)).toBe(false)
    await made.auth.settled()
    const [one, other] = made.inbox.messages.slice(-2).map(tokenOf)
    expect(await agreeToOpen(one ?? '')).toBe('other address')
    expect(await agreeToOpen(other ?? '')).toBe('open')
    expect(await agreeToOpen(other ?? '')).toBe('expired')
  })

  test('headers have the token of the session', async () => {
    vi.stubGlobal('document', { cookie: 'a=b; csrf_token=of-the-session' })
    const { headers } = await samples.load<{ headers(): object }>('export function headers()')
    expect(headers()).toEqual({
      'content-type': 'application/json',
      'x-csrf-token': 'of-the-session',
    })
  })

  test('a queue takes mails, and its worker sends them', async () => {
    const { queued } = await samples.load<{
      queued: { deliver(message: object, context: object): Promise<void> }
    }>('export const queued')
    const message = { kind: 'reset_password', recipient: email, link: 'https://a.example/#token=b' }
    await queued.deliver(
      { ...message, code: null, expiresIn: 60, codeExpiresIn: 0, locale: null, user: null },
      { signal: AbortSignal.timeout(1000) },
    )
    const { queue } = (await import(/* @vite-ignore */ `${samples.folder}/page.ts`)) as {
      queue: { drain(): Promise<void> }
    }
    // Nobody listens there; that it was tried is what is shown.
    await expect(queue.drain()).rejects.toThrow(/ECONNREFUSED/)
  })
})
