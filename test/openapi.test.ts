import Database from 'better-sqlite3'
import { bearer, session, sudo } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import { world } from './support/world.ts'

describe('OpenAPI', () => {
  test('describes what is mounted, and nothing else', async () => {
    const { auth } = world()
    const document = await auth.openapi()
    expect(document.openapi).toBe('3.1.1')
    const described = Object.entries(document.paths ?? {}).flatMap(([path, operations]) =>
      Object.keys(operations ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described).toEqual(auth.endpoints.map(({ method, path }) => `${method} ${path}`))
  })

  test('is the document that people read', async () => {
    const { auth } = world()
    const document = await auth.openapi({ title: 'Members', version: '2.0.0', basePath: '/auth' })
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('openapi.json')
  })

  test('follows the configuration', async () => {
    const named = sqliteTable('named', {
      ...authUserColumns({ identifiers: ['username'], recovery: null }),
      username: text({ length: 20 }).notNull().unique(),
    })
    const { auth } = application({
      users: drizzleUsers(drizzle(new Database(':memory:')), named),
      passwords: { minLength: 12 },
      cookies: { secure: false },
      transports: [session()],
    })
    const document = await auth.openapi()
    expect(document.components?.schemas?.['Registration']).toMatchObject({
      properties: { username: { type: 'string', maxLength: 20 }, password: { minLength: 12 } },
      required: ['username', 'password'],
    })
    expect(document.components?.securitySchemes).toEqual({
      session: { type: 'apiKey', in: 'cookie', name: 'session_id' },
    })
  })

  test('tells what a query may have', async () => {
    const { auth } = world({ transports: [session({ managementRoutes: true })] })
    const { paths } = await auth.openapi()
    expect(paths?.['/logout-all']?.post?.parameters).toContainEqual(
      expect.objectContaining({
        in: 'query',
        name: 'keep_current',
        schema: { type: 'boolean', default: false, description: expect.any(String) },
      }),
    )
  })

  test('says that a body is required where a request without one is refused, and only there', async () => {
    const { auth, member, loggedIn } = world({
      transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
      features: [sudo({ route: true })],
    })
    const { paths = {} } = await auth.openapi()
    const operations = Object.entries(paths).flatMap(([path, { post } = {}]) =>
      post?.requestBody ? [{ path, ...(post.requestBody as { required: boolean }) }] : [],
    )
    const client = await loggedIn(await member())
    expect(operations.map(({ path }) => path)).toContain('/sudo')
    for (const { path, required } of operations) {
      const { status } = await client.post(path)
      expect({ path, required }).toEqual({ path, required: status === 422 })
    }
  })

  test('lists what guards, limits and outages answer, with its headers', async () => {
    const { auth } = world({
      transports: [session({ managementRoutes: true }), bearer()],
      features: [sudo({ route: true })],
    })
    const { paths = {} } = await auth.openapi()
    const answers = (path: string) =>
      Object.fromEntries(
        Object.entries(paths[path]?.post?.responses ?? {}).map(([status, answer]) => {
          const { description, headers = {} } = answer as {
            description: string
            headers?: Record<string, unknown>
          }
          return [status, { description, headers: Object.keys(headers) }]
        }),
      )
    const changing = answers('/change-password')
    expect(changing['400']?.description).toContain('`malformed_request`')
    expect(changing['401']?.headers).toEqual(['WWW-Authenticate', 'Set-Cookie'])
    expect(changing['403']?.description).toMatch(/`csrf_missing`.*`csrf_invalid`.*`cross_origin`/)
    expect(changing['403']?.headers).toContain('X-CSRF-Error')
    expect(changing['429']?.headers).toEqual(
      expect.arrayContaining(['Retry-After', 'X-RateLimit-Limit', 'X-RateLimit-Remaining']),
    )
    expect(changing['503']?.headers).toEqual(['Retry-After', 'Set-Cookie'])
    expect(answers('/login')['403']?.description).toContain('`cross_origin`')
    expect(answers('/login')['503']?.description).toContain('`database_unavailable`')
    expect(answers('/login')['401']?.headers).toEqual(['Set-Cookie'])
  })
})
