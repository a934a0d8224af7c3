/**
 * The recipe of `docs/users.md`: a directory checks the password, the lockout is ours. The server
 * is a stub that speaks LDAP's simple bind (RFC 4511 §4.2), with its trap: an empty password is a
 * success.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { AuthError } from 'crudauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { world } from '../support/world.ts'

const people: Readonly<Record<string, string>> = {
  'uid=ann,ou=people,dc=example,dc=com': 'that of the directory',
  'uid=new,ou=people,dc=example,dc=com': 'that of the newcomer',
}

/** How often the directory was asked. */
let binds = 0

const server = createServer((socket) => {
  socket.on('data', (message) => {
    binds += 1
    // 30 len · 02 01 id · 60 len · 02 01 03 · 04 len name · 80 len password
    const nameLength = message[11] ?? 0
    const name = message.subarray(12, 12 + nameLength).toString('utf8')
    const password = message.subarray(14 + nameLength).toString('utf8')
    const isRight = password === '' || people[name] === password
    socket.end(Buffer.from([0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, isRight ? 0 : 49, 4, 0, 4, 0]))
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

/** What a client such as `ldapts` does: whether the directory takes this name and password. */
async function bind(name: string, password: string): Promise<boolean> {
  const { port } = server.address() as AddressInfo
  const field = (tag: number, text: string) =>
    Buffer.concat([Buffer.from([tag, Buffer.byteLength(text)]), Buffer.from(text)])
  const request = Buffer.concat([Buffer.from([2, 1, 3]), field(4, name), field(0x80, password)])
  const body = Buffer.concat([Buffer.from([2, 1, 1, 0x60, request.length]), request])
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.concat([Buffer.from([0x30, body.length]), body]))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer[9] === 0
}

/** RFC 4514 §2.4: a name that is typed must not become another part of the path. */
const escaped = (name: string) => name.replace(/[\\,+"<>;=#\s]/g, (sign) => `\\${sign}`)

function directoryLogin() {
  const made = world()
  made.app.post('/login-by-directory', async (c) => {
    const { name, password } = await c.req.json<{ name: string; password: string }>()
    const dn = `uid=${escaped(name)},ou=people,dc=example,dc=com`
    try {
      const user = await made.auth.attempt(
        c,
        name,
        () => bind(dn, password).then((ok) => ok && password !== ''),
        {
          create: () =>
            made.auth.users.create(
              { email: `${name}@example.com`, username: name, verified: true },
              { actor: 'directory' },
            ),
        },
      )
      await made.auth.sessions.create(c, user)
      return c.json({ id: user.id })
    } catch (error) {
      if (error instanceof AuthError) return error.getResponse()
      throw error
    }
  })
  const login = async (name: string, password: string) => {
    const client = made.browser({ peer: '203.0.113.9' })
    const { status } = await client.post('/login-by-directory', { name, password })
    return { status, me: (await client.get('/me')).status }
  }
  return { ...made, login }
}

describe('A login by a directory', () => {
  test('takes its passwords, makes an account at the first login, and none of ours', async () => {
    const { auth, login, browser } = directoryLogin()
    await auth.users.create({ email: 'ann@example.com', username: 'ann' })
    expect(await login('ann', 'that of the directory')).toEqual({ status: 200, me: 200 })
    expect(await login('new', 'that of the newcomer')).toEqual({ status: 200, me: 200 })
    expect(await auth.users.find('new')).toMatchObject({ emailVerified: true })
    const ours = { username: 'ann', password: 'that of the directory' }
    expect((await browser().post('/login', ours)).status).toBe(401)
  })

  test('is not tricked by an empty password, nor by a name that is a path', async () => {
    const { auth, login } = directoryLogin()
    await auth.users.create({ email: 'ann@example.com', username: 'ann' })
    expect((await login('ann', '')).status).toBe(401)
    expect((await login('ann,ou=people,dc=example,dc=com', '')).status).toBe(401)
  })

  test('asks the directory as often for nobody as for somebody, and not while locked', async () => {
    const asked = async (name: string) => {
      const { auth, login } = directoryLogin()
      await auth.users.create({ email: 'ann@example.com', username: 'ann' })
      const before = binds
      const statuses: number[] = []
      for (let n = 0; n < 8; n++) statuses.push((await login(name, `wrong ${n}`)).status)
      return { statuses, binds: binds - before }
    }
    const known = await asked('ann')
    expect(known).toEqual({ statuses: [401, 401, 401, 401, 401, 429, 429, 429], binds: 5 })
    expect(await asked('nobody')).toEqual(known)
  })
})
