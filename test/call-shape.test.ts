/**
 * One call shape: what stands for the request comes first, everywhere, whatever it is.
 */
import { bearer, crudAuth, type Framework, session, sudo } from 'crudauth'
import { describe, expect, test } from 'vitest'
import {
  ambientFramework,
  cookiesOf,
  give,
  giveError,
  type NodeReply,
  type NodeRequest,
  nodeReply,
  nodeRequest,
  pairFramework,
  reqResFramework,
} from './support/frameworks.ts'
import { factor } from './support/made-up.ts'
import { database, secret, users } from './support/world.ts'

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
const login = { username: 'ann', password: ann.password }
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

function build<C>(framework: Framework<C>) {
  const { db, queries } = database()
  const auth = crudAuth(
    {
      users: users(db),
      secret,
      transports: [session(), bearer({ defaultScopes: ['read'] })],
      features: [sudo({ route: true })],
      passwords: { cost: 4 },
      rateLimits: { search: { times: 1, seconds: 60 } },
      onEvent: () => undefined,
    },
    framework,
  )
  return { auth, queries }
}

/** An application over a framework whose calls are made of a request and a reply. */
function application<C>(
  framework: Framework<C>,
  callOf: (request: NodeRequest, reply: NodeReply) => C,
) {
  const { auth, queries } = build(framework)
  const guard = auth.guard()
  const limit = auth.rateLimit('search')
  const reply = nodeReply()

  /** A handler of the application, and what it threw as its answer. */
  const handler =
    <Answer>(work: (call: C, answer: NodeReply) => Promise<Answer>) =>
    async (request: NodeRequest) => {
      const answer = nodeReply()
      try {
        answer.body = await work(callOf(request, answer), answer)
      } catch (error) {
        await giveError(answer, error)
      }
      return answer
    }

  /** The routes of the library, as the framework would mount them. */
  async function route(request: NodeRequest): Promise<NodeReply> {
    const found = auth.endpoints.find(
      ({ method, path }) => method === request.method && path === request.url,
    )
    const answer = nodeReply()
    const call = callOf(request, answer)
    return give(answer, await (found ? found.handle(call) : auth.fetch(call)))
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
    route(nodeRequest('POST', path, { headers, body }))

  return {
    queries,
    reply,
    route,
    post,
    whoAmI: handler(async (call) => (await guard(call)).user.username),
    twice: handler(async (call) => [await guard(call), await auth.authenticate(call)]),
    signIn: handler(async (call) => {
      const user = await auth.authenticatePassword(call, login.username, login.password)
      return auth.sessions.create(call, user)
    }),
    elevate: handler((call) => auth.sudo.elevate(call, ann.password)),
    isElevated: handler((call) => auth.sudo.isElevated(call)),
    validate: handler((call) => auth.sessions.validate(call)),
    issue: handler(async (call) => {
      const user = await auth.authenticatePassword(call, login.username, login.password)
      return auth.tokens.issue(call, user)
    }),
    search: handler((call) => limit(call)),
  }
}

const shapes = {
  'a pair of request and reply': () =>
    application(pairFramework, (request, reply) => ({ request, reply })),
  'req and res': () => application(reqResFramework, (req, res) => ({ req, res })),
}

describe.each(Object.entries(shapes))('Where %s stand for the request', (_, make) => {
  const registered = async () => {
    const made = make()
    expect((await made.post('/register', ann)).status).toBe(200)
    return made
  }

  test('the routes take the JSON that the framework parsed', async () => {
    const { post, whoAmI } = await registered()
    const answer = await post('/login', login)
    expect([answer.status, answer.body]).toEqual([
      200,
      expect.objectContaining({ username: 'ann' }),
    ])
    const me = await whoAmI(nodeRequest('GET', '/', { headers: { cookie: cookiesOf(answer) } }))
    expect(me.body).toBe('ann')
  })

  test('and the form that it parsed, whose texts are read as ours would be', async () => {
    const { post } = await registered()
    const answer = await post('/login', { ...login, remember_me: 'on', grant_type: '' }, form)
    expect(answer.status).toBe(200)
    expect(answer.headers.join()).toContain('Max-Age=2592000')
  })

  test('a text that a form may have is not what JSON may have', async () => {
    const { post } = await registered()
    expect((await post('/login', { ...login, remember_me: 'on' })).status).toBe(422)
    expect((await post('/login', { ...login, grant_type: '' })).status).toBe(422)
  })

  test('a form is refused where the route takes JSON only', async () => {
    const { post } = make()
    const answer = await post('/register', ann, form)
    expect([answer.status, answer.body]).toEqual([
      422,
      expect.objectContaining({ code: 'malformed_body' }),
    ])
    expect((await post('/register', ann, { 'content-type': 'text/plain' })).status).toBe(422)
  })

  test.each([
    ['a list', ['x']],
    ['a list of texts for a text', { ...login, username: ['ann', 'bob'] }],
    ['null', null],
    ['a text', 'username=ann'],
    ['a number', 7],
    ['bytes', Buffer.from('{}')],
    ['an object without a prototype', Object.create(null)],
    ['a key that is a prototype', JSON.parse('{"__proto__":{"username":"ann"}}')],
  ])('a body that is %s is 422', async (_what, body) => {
    const { post } = await registered()
    for (const headers of [json, form])
      expect((await post('/login', body, headers)).status).toBe(422)
  })

  test('a body that nobody parsed is missing, not empty', async () => {
    const { post } = await registered()
    expect((await post('/login', undefined)).status).toBe(422)
  })

  test('cookies are put on the reply of the application, one line each', async () => {
    const { signIn, whoAmI } = await registered()
    const answer = await signIn(nodeRequest('POST', '/sign-in'))
    const names = answer.headers.map(([name, line]) => [name, line.split('=')[0]])
    expect(names).toEqual([
      ['set-cookie', '__Host-session_id'],
      ['set-cookie', 'csrf_token'],
      ['set-cookie', '__Host-known_device'],
    ])
    const headers = { cookie: cookiesOf(answer) }
    expect((await whoAmI(nodeRequest('GET', '/', { headers }))).body).toBe('ann')
  })

  test('a request is authenticated once, however many ask', async () => {
    const { signIn, twice, queries } = await registered()
    const answer = await signIn(nodeRequest('POST', '/sign-in'))
    const before = queries.count
    const headers = { cookie: cookiesOf(answer) }
    expect((await twice(nodeRequest('GET', '/', { headers }))).body).toHaveLength(2)
    expect(queries.count - before).toBe(1)
  })

  test('sudo, sessions, tokens and limits take it as well', async () => {
    const { signIn, elevate, isElevated, validate, issue, search } = await registered()
    const signedIn = await signIn(nodeRequest('POST', '/sign-in'))
    const { csrfToken } = signedIn.body as { csrfToken: string }
    const cookie = cookiesOf(signedIn)
    const headers = { cookie, 'x-csrf-token': csrfToken }
    const elevated = await elevate(nodeRequest('POST', '/', { headers }))
    expect([elevated.status, cookiesOf(elevated)]).toEqual([
      200,
      expect.stringContaining('__Host-session_id='),
    ])
    const now = { cookie: `${cookiesOf(elevated)}; csrf_token=${csrfToken}` }
    expect((await isElevated(nodeRequest('GET', '/', { headers: now }))).body).toBe(true)
    expect((await validate(nodeRequest('GET', '/', { headers: now }))).body).toMatchObject({
      user: { username: 'ann' },
    })
    expect((await validate(nodeRequest('GET', '/', { headers: { cookie } }))).body).toBeNull()
    expect((await issue(nodeRequest('POST', '/'))).body).toMatchObject({ token_type: 'bearer' })
    expect((await search(nodeRequest('GET', '/'))).status).toBe(200)
    expect((await search(nodeRequest('GET', '/'))).status).toBe(429)
  })

  test('a refusal is an answer like any other', async () => {
    const { whoAmI, route } = await registered()
    const refused = await whoAmI(nodeRequest('GET', '/'))
    expect([refused.status, refused.body]).toEqual([
      401,
      expect.objectContaining({ code: 'not_authenticated' }),
    ])
    expect((await route(nodeRequest('GET', '/nowhere'))).status).toBe(404)
    expect((await route(nodeRequest('GET', '/login'))).status).toBe(405)
  })
})

describe('Where nothing stands for the request', () => {
  /** A component: headers come from elsewhere, and no cookie can be set. */
  function component(features = false) {
    const current = { headers: new Headers() }
    const { db } = database()
    const auth = crudAuth(
      {
        users: users(db),
        secret,
        transports: [session(), bearer()],
        features: [sudo(), features && factor()],
        passwords: { cost: 4 },
        onEvent: () => undefined,
      },
      ambientFramework(async () => current.headers),
    )
    const post = (path: string, body: object) =>
      auth.fetch(
        new Request(`https://app.example.com${path}`, {
          method: 'POST',
          headers: json,
          body: JSON.stringify(body),
        }),
      )
    const become = (headers: Headers, more: Record<string, string> = {}) => {
      const cookie = headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ')
      current.headers = new Headers({ cookie, ...more })
    }
    return { auth, post, become }
  }

  test('who calls is told all the same', async () => {
    const { auth, post, become } = component()
    await post('/register', ann)
    const guard = auth.guard({ optional: true })
    expect(await guard()).toBeNull()
    become((await post('/login', login)).headers)
    expect((await guard())?.user.username).toBe('ann')
    expect((await auth.authenticate(undefined)).user.username).toBe('ann')
    expect((await auth.sessions.validate())?.user.username).toBe('ann')
  })

  test('what would be put on an answer is in what a call returns', async () => {
    const { auth, post, become } = component()
    await post('/register', ann)
    const user = await auth.authenticatePassword(undefined, login.username, login.password)
    const created = await auth.sessions.create(undefined, user)
    expect(created.headers.getSetCookie()).toHaveLength(3)
    become(created.headers)
    const { headers } = await auth.sudo.elevate(undefined, login.password)
    become(headers)
    expect(await auth.sudo.isElevated()).toBe(true)
  })

  test('a further proof that is wanted is in what it throws', async () => {
    const { auth, post } = component(true)
    await post('/register', ann)
    const user = await auth.authenticatePassword(undefined, login.username, login.password)
    await expect(auth.sessions.create(undefined, user)).rejects.toMatchObject({
      code: 'further_proof_required',
      headers: { 'Set-Cookie': expect.stringContaining('__Host-pending_sign_in=') },
    })
  })
})

describe('Lists of which the compiler knows nothing', () => {
  test('make an auth with every handle that they hold', async () => {
    const { db } = database()
    const lists = JSON.parse('{"transports":[],"features":[]}')
    lists.transports.push(session(), false, bearer())
    lists.features.push(null, sudo())
    const { transports, features } = lists
    const auth = crudAuth({ users: users(db), secret, transports, features })
    expect(Object.keys(auth)).toEqual(expect.arrayContaining(['sessions', 'tokens', 'sudo']))
    expect((await auth.fetch(new Request('https://app.example.com/me'))).status).toBe(401)
  })
})
