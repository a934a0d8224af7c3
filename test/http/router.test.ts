import fc from 'fast-check'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { describe, expect, test } from 'vitest'
import type { AuthError } from '../../src/errors.ts'
import type { Method, Route } from '../../src/http/route.ts'
import { type FoundRoute, router } from '../../src/http/router.ts'

const table: readonly (readonly [Method, string])[] = [
  ['GET', '/me'],
  ['POST', '/login'],
  ['GET', '/sessions'],
  ['DELETE', '/sessions/:session_id'],
  ['GET', '/api-keys'],
  ['POST', '/api-keys'],
  ['DELETE', '/api-keys/:id'],
  ['PATCH', '/api-keys/:id'],
  ['GET', '/oauth/:provider/callback'],
  ['GET', '/.well-known/jwks.json'],
]
const routes = table.map(([method, path]) => ({ method, path }) as Route)
const find = router(routes)

/** The route and its parameters, or the status with the methods that are allowed. */
function answer(method: string, path: string) {
  try {
    return told(find(method, path))
  } catch (error) {
    const { status, headers } = error as AuthError
    return [status, headers['Allow']]
  }
}

const told = ({ route, params }: FoundRoute) => [route.path, { ...params }]

describe('the router', () => {
  test('finds a path, and one segment of it as a parameter', () => {
    expect(answer('GET', '/me')).toEqual(['/me', {}])
    expect(answer('DELETE', '/api-keys/k1')).toEqual(['/api-keys/:id', { id: 'k1' }])
    expect(answer('GET', '/oauth/google/callback')).toEqual([
      '/oauth/:provider/callback',
      { provider: 'google' },
    ])
  })

  test('names the methods of a path that has others, in the order of the routes', () => {
    expect(answer('PUT', '/api-keys')).toEqual([405, 'GET, POST'])
    expect(answer('GET', '/api-keys/k1')).toEqual([405, 'DELETE, PATCH'])
    expect(answer('get', '/me')).toEqual([405, 'GET'])
    expect(answer('__proto__', '/me')).toEqual([405, 'GET'])
  })

  test.each([
    '',
    '/',
    'me',
    '/me/',
    '//me',
    '/ME',
    '/%6de',
    '/me?x',
    '/api-keys/',
    '/api-keys/a/b',
    '/api-keys/:id/',
    '/oauth//callback',
    '/oauth/callback',
    '/oauth/a/b/callback',
    '/oauth/acallback',
    '/oauth/a/callback/',
    '__proto__',
    'constructor',
    '/well-known/jwks.json',
  ])('has nothing under %j', (path) => {
    for (const method of ['GET', 'DELETE', 'POST']) {
      expect(answer(method, path)).toEqual([404, undefined])
    }
  })

  test('decodes a parameter once, and leaves what cannot be decoded', () => {
    const idOf = (segment: string) => answer('DELETE', `/api-keys/${segment}`)[1]
    expect(idOf('a%2Fb')).toEqual({ id: 'a/b' })
    expect(idOf('%252F')).toEqual({ id: '%2F' })
    expect(idOf('%')).toEqual({ id: '%' })
    expect(idOf('%ff')).toEqual({ id: '%ff' })
    expect(idOf('..')).toEqual({ id: '..' })
    expect(idOf(':id')).toEqual({ id: ':id' })
    expect(idOf('__proto__')).toEqual({ id: '__proto__' })
  })

  test('takes the first of two routes with one method and one path', () => {
    const [first, second] = [routes[0] as Route, { ...(routes[0] as Route) }]
    expect(router([first, second])('GET', '/me').route).toBe(first)
  })

  test.each(['/a/:b/:c', '/a/x:b', '/a/:b-c', '/a/:b{[0-9]+}', ':a'])(
    'refuses the path %s, which it would not understand',
    (path) => {
      expect(() => router([{ ...(routes[0] as Route), path }])).toThrow(path)
    },
  )

  test('finds what Hono’s router finds, whatever is sent', () => {
    const hono = new RegExpRouter<Route>()
    for (const route of routes) hono.add(route.method, route.path, route)
    const part = fc.oneof(
      fc.constantFrom(
        ...table.flatMap(([, path]) => path.split('/')),
        '/',
        '..',
        '%2F',
        '%2e',
        '%',
        ':',
        '*',
        '\n',
        '\0',
        '__proto__',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    )
    const path = fc.array(part, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`)
    const filled = fc
      .tuple(fc.constantFrom(...table.map(([, one]) => one)), part)
      .map(([one, segment]) => one.replace(/:\w+/, () => segment))
    const method = fc.constantFrom(...new Set(table.map(([one]) => one)), 'HEAD', 'toString')
    fc.assert(
      fc.property(method, fc.oneof(path, filled), (method, path) => {
        const [[theirs], segments = []] = hono.match(method, path)
        const ours = answer(method, path)
        if (!theirs) {
          expect(ours[0]).toBeTypeOf('number')
          return
        }
        const [route, indexes] = theirs
        expect(ours[0]).toBe(route.path)
        const params = Object.entries(indexes).map(([name, index]) => [
          name,
          decoded(segments[index as number] ?? ''),
        ])
        expect(ours[1]).toEqual(Object.fromEntries(params))
      }),
      { numRuns: 3000 },
    )
  })
})

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
