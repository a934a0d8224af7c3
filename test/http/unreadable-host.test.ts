/**
 * A request whose URL is none, because a server made it of a `Host` that cannot be read.
 */
import { AuthError, session } from 'crudauth'
import { honoAuth } from 'crudauth/hono'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { json, secret, users, world } from '../support/world.ts'

function unreadable(method: string, path: string): Request {
  const request = new Request(`https://app.example.com${path}`, { method })
  return Object.defineProperty(request, 'url', { value: `http://a b${path}` })
}

const refused = { status: 400, code: 'malformed_request' }

test.each([
  ['GET', '/me'],
  ['POST', '/login'],
  ['POST', '/me'],
  ['GET', '/nowhere'],
])('%s %s is 400', async (method, path) => {
  const { auth } = world()
  expect(await json(await auth.fetch(unreadable(method, path)))).toMatchObject(refused)
})

test.each([
  ['GET', '/me'],
  ['POST', '/login'],
])('%s %s is 400 through Hono', async (method, path) => {
  const { auth } = world()
  expect(await json(await auth.mount(new Hono()).fetch(unreadable(method, path)))).toMatchObject(
    refused,
  )
})

test('a guard of the application refuses it, too', async () => {
  const { auth } = world()
  const error = await auth.authenticate(unreadable('GET', '/mine')).catch((one) => one)
  expect(error).toBeInstanceOf(AuthError)
  expect(error).toMatchObject(refused)
})

test('it has no tenant that the application would have to read', async () => {
  const { db } = world()
  const asked: string[] = []
  const auth = honoAuth({
    users: { ...users(db), tenants: true },
    secret,
    transports: [session()],
    onEvent: () => undefined,
    tenant(request) {
      asked.push(request.url)
      return new URL(request.url).hostname
    },
  })
  expect(await json(await auth.fetch(unreadable('GET', '/me')))).toMatchObject(refused)
  expect(asked).toEqual([])
})

/** A request with this URL, whatever it is; the library finds no other in it. */
function asking(url: string): Request {
  return Object.defineProperty(new Request('https://app.example.com/'), 'url', { value: url })
}

test('what was read before changes nothing for a URL that is none', async () => {
  const { auth } = world()
  const isRefused = async (url: string) =>
    (await auth.authenticate(asking(url)).catch((error) => error)).code === 'malformed_request'
  const origins = [
    'https://app.example.com',
    'https://app.example.com:443',
    'https://app.example.com:99999',
    'https://app.example.com\\@a b',
    'https://app.example.com?a b',
    'https://a b',
    'https://[::1]',
    'https://[::1',
    'https://1.2.3.999',
    'https://',
    'https:/',
    'https://\t',
    'https://\t/[b',
    'nothing',
    '',
  ]
  const rests = ['', '/', '/me', '//x', '/%zz', '/a b', '/\0', '/\ud800', '\\me', '?q', '#f', '@b']
  const urls = origins.flatMap((origin) => rests.map((rest) => origin + rest))
  for (const before of [
    'https://app.example.com/me',
    'https://[::1]/',
    'https://a@b/',
    'https://\t/good',
  ]) {
    for (const url of urls) {
      expect(await isRefused(before)).toBe(false)
      expect([url, await isRefused(url)]).toEqual([url, !URL.canParse(url)])
    }
  }
})
