/** Everything that somebody may ask for during an outage. */
import type { Answer, Asked } from '../client.ts'
import type { Servers } from '../servers.ts'
import { Visitor } from './visitor.ts'

export interface Operation {
  readonly name: string
  /** What was answered: the status, and the code of an error. */
  run(visitor: Visitor): Promise<string>
}

const told = ({ status, body }: Answer): string =>
  typeof body['code'] === 'string' ? `${status} \`${body['code']}\`` : String(status)

const asking =
  (method: string, path: string, asked?: (visitor: Visitor) => Asked) =>
  async (visitor: Visitor): Promise<string> =>
    told(await visitor.ask(method, path, asked?.(visitor)))

const asStranger =
  (method: string, path: string, asked: (visitor: Visitor) => Asked = () => ({})) =>
  async (visitor: Visitor): Promise<string> =>
    told(await visitor.ask(method, path, asked(visitor), visitor.stranger()))

const newPassword = 'another horse battery'

export const operations: readonly Operation[] = [
  {
    name: 'a request without a credential, where it is optional',
    run: asStranger('GET', '/optional'),
  },
  { name: 'a session check', run: asking('GET', '/me') },
  { name: 'a session check, where it is optional', run: asking('GET', '/optional') },
  {
    name: 'an access token check',
    run: asStranger('GET', '/me', ({ access }) => ({
      headers: { authorization: `Bearer ${access}` },
    })),
  },
  {
    name: 'an API key check',
    run: asStranger('GET', '/me', ({ key }) => ({ headers: { 'x-api-key': key } })),
  },
  { name: 'a login with the right password', run: async (visitor) => told(await visitor.logIn()) },
  {
    name: 'a login with a wrong password',
    run: async (visitor) => told(await visitor.logIn('wrong')),
  },
  {
    name: 'a registration',
    run: asStranger('POST', '/register', ({ name }) => ({
      json: {
        username: `new-${name}`,
        email: `new-${name}@example.com`,
        password: 'correct horse battery',
      },
    })),
  },
  { name: 'a logout', run: asking('POST', '/logout') },
  { name: 'the list of sessions', run: asking('GET', '/sessions') },
  {
    name: 'the end of another session',
    run: (visitor) => asking('DELETE', `/sessions/${visitor.other}`)(visitor),
  },
  { name: 'a logout everywhere', run: asking('POST', '/logout-all') },
  {
    name: 'sudo',
    run: asking('POST', '/sudo', () => ({ json: { password: 'correct horse battery' } })),
  },
  {
    name: 'a change of password',
    run: (visitor) => {
      visitor.passwords.push(newPassword)
      return asking('POST', '/change-password', () => ({
        json: { current_password: 'correct horse battery', new_password: newPassword },
      }))(visitor)
    },
  },
  {
    name: 'a login for tokens',
    run: asking('POST', '/token', ({ name }) => ({
      json: { username: name, password: 'correct horse battery' },
    })),
  },
  {
    name: 'a refresh',
    run: asStranger('POST', '/refresh', ({ refresh }) => ({ json: { refresh_token: refresh } })),
  },
  {
    name: 'the end of a refresh token',
    run: asStranger('POST', '/revoke', ({ refresh }) => ({ json: { token: refresh } })),
  },
  {
    name: 'a new API key',
    run: asking('POST', '/api-keys', () => ({ json: { name: 'another' } })),
  },
  { name: 'a route with a rate limit', run: asStranger('GET', '/limited') },
]

/** Somebody for each operation, and one who only looks on. */
export async function people(
  { origins }: Servers,
  outage: string,
): Promise<ReadonlyMap<string, Visitor>> {
  const names = [...operations.map(({ name }) => name), 'bystander']
  const visitors = names.map((name, index) => {
    const short = `${outage.replaceAll(' ', '-').toLowerCase()}-${index}`
    return [name, new Visitor(short, origins)] as const
  })
  for (const [, visitor] of visitors) await visitor.arrive()
  return new Map(visitors)
}
