import { describe, expect, test } from 'vitest'
import { secret, world } from './support/world.ts'

const document = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

describe('What is mounted', () => {
  test('is described as data that people read', async () => {
    const { auth } = world({ rateLimits: {} })
    await expect(document(auth.describe())).toMatchFileSnapshot('description.json')
  })

  test('names every route and every cookie that is really set', async () => {
    const { auth, member, loggedIn } = world()
    const { routes, cookies } = auth.describe()
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual(
      auth.endpoints.map(({ method, path }) => `${method} ${path}`),
    )
    const browser = await loggedIn(await member())
    expect(cookies.map(({ name }) => name)).toEqual([...browser.jar.keys()])
  })

  test('tells no secret', () => {
    const pepper = 'a pepper of thirty-two bytes or more'
    const { auth } = world({ passwords: { pepper } })
    const text = document(auth.describe())
    expect(text).not.toContain(secret)
    expect(text).not.toContain(pepper)
    expect(auth.describe().passwords.peppered).toBe(true)
  })
})
