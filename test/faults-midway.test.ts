/**
 * Whatever statement fails, of the database or of the storage: nobody is let in by it, and whoever
 * tries again afterwards gets what they wanted.
 */
import { memoryStorage, recovery, session, sudo, type UserStore } from 'crudauth'
import { oauth, oidc } from 'crudauth/oauth'
import { testInbox } from 'crudauth/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Browser } from './support/browser.ts'
import { Clock } from './support/clock.ts'
import { type FaultyProvider, faultyProvider } from './support/faulty-provider.ts'
import { peopleTable } from './support/oauth.ts'
import { redirectBaseUrl } from './support/oidc-provider.ts'
import { Faults } from './support/plants.ts'
import { frontendUrl, tokenOf } from './support/recovery.ts'
import { json, type WorldConfig, world } from './support/world.ts'

const password = 'correct horse battery'
const another = 'another horse, another battery'
const ann = { email: 'ann@example.com', username: 'ann', password }

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
beforeEach(() => provider.answers.clear())
afterAll(() => provider.close())

async function faultyWorld(mode: 'open' | 'invited' = 'open') {
  const faults = new Faults()
  const clock = new Clock()
  const { sqlite, users } = peopleTable()
  const inbox = testInbox()
  const { issuer } = provider
  const demo = oidc({ issuer, clientId: 'shop', clientSecret: 's', onPrivateNetwork: true })
  clock.now = Date.now()
  const made = world({
    users: faults.around(users as unknown as UserStore),
    storage: faults.around(memoryStorage({ clock: clock.read })),
    clock: clock.read,
    transports: [session({ managementRoutes: true })],
    registration: { mode, ...(mode === 'open' ? { answers: 'plain' } : {}) },
    features: [
      recovery({ channels: [inbox], frontendUrl, signIn: true, verifyNewAccounts: false }),
      oauth({ providers: { demo }, redirectBaseUrl, newAccounts: true }),
      sudo({ route: true }),
    ],
  } as unknown as WorldConfig)
  const { auth, browser } = made
  const post = async (path: string, body: object, from: Browser = browser()) => {
    const response = await from.post(path, body)
    await auth.settled()
    return response
  }
  const latest = (to = ann.email) =>
    tokenOf(inbox.messages.findLast(({ recipient }) => recipient === to) as never)
  const link = async (kind: string, from = browser(), to = ann.email) => {
    await post(`/recovery/${kind}-request`, { email: to }, from)
    return latest(to)
  }
  return {
    ...made,
    clock,
    faults,
    inbox,
    sqlite,
    post,
    link,
    latest,
    logsIn: async (sent = password, username = 'ann') =>
      (await browser({ peer: '192.0.2.77' }).post('/login', { username, password: sent }))
        .status === 200,
    isIn: async (client: Browser) => (await client.get('/me')).status === 200,
    value: (column: string) =>
      sqlite.prepare(`select ${column} from people order by id`).pluck().all(),
    /** Registered, proven, and logged in. */
    async member() {
      await post('/register', ann)
      const client = await made.loggedIn(ann)
      const token = await link('verify', client)
      expect((await post('/recovery/verify-confirm', { token }, client)).status).toBe(200)
      return client
    },
    /** Goes to the provider and comes back. */
    async comes(client: Browser, email = ann.email) {
      const left = await client.get('/oauth/demo/authorize')
      const query = new URL(left.headers.get('location') ?? redirectBaseUrl).searchParams
      provider.claims = { email, email_verified: true, nonce: query.get('nonce') }
      const answer = { code: 'c', state: query.get('state') ?? '', iss: provider.issuer }
      return client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
    },
  }
}

type FaultyWorld = Awaited<ReturnType<typeof faultyWorld>>

interface Flow {
  /** The request that meets the fault; a client that it might sign in. */
  readonly run: () => Promise<number>
  /** What must hold, whatever came of it; then somebody tries again, and gets what they wanted. */
  readonly after: (status: number) => Promise<void>
}

const ok = (status: number) => status === 200 || status === 307

const flows: Record<string, (made: FaultyWorld) => Promise<Flow>> = {
  async 'a link that freezes'(made) {
    const { post, value, member } = made
    const client = await member()
    await post('/change-password', { current_password: password, new_password: another }, client)
    const token = made.latest()
    const isFrozen = () => String(value('hashed_password')[0]).startsWith('!frozen.')
    return {
      run: async () => (await post('/recovery/undo-confirm', { token })).status,
      async after(status) {
        if (ok(status)) expect(isFrozen()).toBe(true)
        if (!isFrozen()) expect((await post('/recovery/undo-confirm', { token })).status).toBe(200)
        expect(isFrozen()).toBe(true)
        expect(await made.isIn(client)).toBe(false)
        expect(await made.logsIn(another)).toBe(false)
      },
    }
  },

  async 'a link that opens'(made) {
    const { post, value, member } = made
    const client = await member()
    await post('/change-password', { current_password: password, new_password: another }, client)
    await post('/recovery/undo-confirm', { token: made.latest() })
    const token = made.latest()
    const isFrozen = () => String(value('hashed_password')[0]).startsWith('!frozen.')
    return {
      run: async () => (await post('/recovery/unfreeze-confirm', { token })).status,
      async after(status) {
        if (ok(status)) expect(isFrozen()).toBe(false)
        if (isFrozen()) {
          expect((await post('/recovery/unfreeze-confirm', { token })).status).toBe(200)
        }
        expect(isFrozen()).toBe(false)
        expect(await made.isIn(client)).toBe(false)
        expect(await made.logsIn(another)).toBe(false)
      },
    }
  },

  async 'a change of address'(made) {
    const { post, value, member } = made
    const client = await member()
    const to = 'ann@new.example.com'
    const ask = async () => {
      await post('/recovery/change-request', { new_email: to, password }, client)
      return made.latest(to)
    }
    const token = await ask()
    return {
      run: async () => (await post('/recovery/change-confirm', { token })).status,
      async after(status) {
        const [email] = value('email')
        if (ok(status)) expect(email).toBe(to)
        if (email !== to) {
          const again = await post('/recovery/change-confirm', { token: await ask() })
          expect(again.status).toBe(200)
        }
        expect(value('email')).toEqual([to])
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async 'a link to unlock'(made) {
    const { post, member, link } = made
    await member()
    const token = await link('unlock')
    return {
      run: async () => (await post('/recovery/unlock-confirm', { token })).status,
      async after() {
        const again = await post('/recovery/unlock-confirm', { token: await link('unlock') })
        expect(again.status).toBe(200)
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async 'a link to verify, with the password'(made) {
    const { post, link, value, browser } = made
    await post('/register', ann)
    const token = await link('verify')
    const sent = { token, password }
    return {
      run: async () => (await post('/recovery/verify-confirm', sent, browser())).status,
      async after(status) {
        const isProven = value('email_verified')[0] === 1
        if (ok(status)) expect(isProven).toBe(true)
        if (!isProven) {
          const again = { token: await link('verify'), password }
          expect((await post('/recovery/verify-confirm', again)).status).toBe(200)
        }
        expect(value('email_verified')).toEqual([1])
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async 'a link to sign in'(made) {
    const { post, link, member, browser } = made
    await member()
    const client = browser({ peer: '192.0.2.9' })
    const token = await link('sign-in', client)
    return {
      run: async () => (await post('/recovery/sign-in-confirm', { token }, client)).status,
      async after(status) {
        expect(await made.isIn(client)).toBe(ok(status))
        const again = await link('sign-in', client)
        const response = await post('/recovery/sign-in-confirm', { token: again }, client)
        expect(response.status).toBe(200)
        expect(await made.isIn(client)).toBe(true)
      },
    }
  },

  async 'a registration'(made) {
    const { post, value } = made
    return {
      run: async () => (await post('/register', ann)).status,
      async after(status) {
        if (ok(status)) expect(value('email')).toEqual([ann.email])
        await post('/register', ann)
        expect(value('email')).toEqual([ann.email])
        expect(value('email_verified')).toEqual([0])
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async 'somebody new from a provider'(made) {
    const client = made.browser()
    return {
      run: async () => (await made.comes(client)).status,
      async after(status) {
        expect(await made.isIn(client)).toBe(ok(status))
        expect((await made.comes(client)).status).toBe(307)
        expect(await made.isIn(client)).toBe(true)
        expect(made.value('email')).toEqual([ann.email])
      },
    }
  },

  async 'the first proof of an account, by a provider'(made) {
    await made.post('/register', ann)
    const planted = await made.loggedIn(ann)
    const client = made.browser({ peer: '192.0.2.9' })
    return {
      run: async () => (await made.comes(client)).status,
      async after(status) {
        const isProven = made.value('email_verified')[0] === 1
        if (ok(status)) expect(isProven).toBe(true)
        expect(await made.isIn(planted)).toBe(!isProven)
        expect(await made.isIn(client)).toBe(ok(status))
        expect((await made.comes(client)).status).toBe(307)
        expect(made.value('email')).toEqual([ann.email])
        expect(await made.isIn(planted)).toBe(false)
        expect(await made.logsIn()).toBe(false)
      },
    }
  },

  async 'an account that is linked by its proven address'(made) {
    const owner = await made.member()
    const client = made.browser({ peer: '192.0.2.9' })
    return {
      run: async () => (await made.comes(client)).status,
      async after(status) {
        expect(await made.isIn(client)).toBe(ok(status))
        expect((await made.comes(client)).status).toBe(307)
        expect(made.value('email')).toEqual([ann.email])
        expect(await made.isIn(owner)).toBe(true)
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async 'a change of the password'(made) {
    const { post, member } = made
    const client = await member()
    const other = await made.loggedIn(ann, { peer: '192.0.2.9' })
    const sent = { current_password: password, new_password: another }
    return {
      run: async () => (await post('/change-password', sent, client)).status,
      async after(status) {
        const [isOld, isNew] = [await made.logsIn(), await made.logsIn(another)]
        expect([isOld, isNew].filter(Boolean)).toHaveLength(1)
        if (ok(status)) expect(isNew).toBe(true)
        expect(await made.isIn(other)).toBe(isOld)
      },
    }
  },

  async 'a logout from everywhere'(made) {
    const { post, member } = made
    const client = await member()
    const other = await made.loggedIn(ann, { peer: '192.0.2.9' })
    return {
      run: async () => (await post('/logout-all', {}, client)).status,
      async after(status) {
        if (ok(status)) expect(await made.isIn(other)).toBe(false)
        await post('/logout-all', {}, await made.loggedIn(ann))
        expect(await made.isIn(other)).toBe(false)
        expect(await made.isIn(client)).toBe(false)
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async sudo(made) {
    const { post, member } = made
    const client = await member()
    return {
      run: async () => (await post('/sudo', { password }, client)).status,
      async after() {
        expect(await made.logsIn()).toBe(true)
        const again = await made.loggedIn(ann)
        expect((await post('/sudo', { password }, again)).status).toBe(200)
      },
    }
  },

  async 'the end and the return of a user'(made) {
    const client = await made.member()
    const { users } = made.auth
    return {
      async run() {
        const ended = await users.disable(1).then(
          () => 200,
          () => 503,
        )
        return ended
      },
      async after(status) {
        if (ok(status)) expect(await made.isIn(client)).toBe(false)
        expect(await users.disable(1)).toBe(true)
        expect(await made.isIn(client)).toBe(false)
        expect(await made.logsIn()).toBe(false)
        expect(await users.enable(1)).toBe(true)
        expect(await made.isIn(client)).toBe(false)
        expect(await made.logsIn()).toBe(true)
      },
    }
  },

  async 'a password that must be changed'(made) {
    const { post } = made
    const client = await made.member()
    await made.auth.users.requirePasswordChange(1)
    const login = async () =>
      json(await post('/login', { username: 'ann', password }, made.browser()))
    const { proof } = await login()
    return {
      run: async () => (await post('/renew-password', { proof, new_password: another })).status,
      async after(status) {
        const isNew = await made.logsIn(another)
        if (ok(status)) expect(isNew).toBe(true)
        expect(await made.logsIn()).toBe(false)
        if (!isNew) {
          const again = { proof: (await login())['proof'], new_password: another }
          expect((await post('/renew-password', again)).status).toBe(200)
        }
        expect(await made.logsIn(another)).toBe(true)
        expect(await made.isIn(client)).toBe(false)
      },
    }
  },
}

const ways = {
  'the process dies after': 'dieAfter',
  'nothing but this fails:': 'failAt',
  'nothing but the answer is lost of': 'loseAnswerOf',
} as const

async function everyStatement(
  begin: (made: FaultyWorld) => Promise<Flow>,
  way: keyof typeof ways,
  mode?: 'invited',
): Promise<void> {
  for (let statement = 0; ; statement++) {
    const made = await faultyWorld(mode)
    const { run, after } = await begin(made)
    made.faults[ways[way]](statement)
    const status = await run()
    await made.auth.settled()
    const isThrough = made.faults.count < statement
    made.faults.mend()
    // A lock of whoever died is over by then, and so are the waits of a budget.
    made.clock.advance(120)
    await after(status).catch((error: unknown) => {
      throw new Error(`${way} statement ${statement}, answered ${status}`, { cause: error })
    })
    if (isThrough) return
    if (statement > 200) throw new Error('it does not end')
  }
}

describe.each(Object.keys(flows))('Of %s', (name) => {
  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    'when %s each statement in turn, nobody is let in or shut out',
    (way) => everyStatement(flows[name] as (made: FaultyWorld) => Promise<Flow>, way),
  )
})

test.each(Object.keys(ways) as (keyof typeof ways)[])(
  'Of an invitation, when %s each statement in turn, one account is made at last',
  (way) =>
    everyStatement(
      async (made) => {
        const { auth, post, value } = made
        const address = ann.email
        const { token } = await auth.invitations.create({ address, handOver: true })
        const sent = { ...ann, invitation: token }
        return {
          run: async () => (await post('/register', sent)).status,
          async after(status) {
            if (ok(status)) expect(value('email')).toEqual([address])
            await post('/register', sent)
            if (value('email').length === 0) {
              // Only a process that died in the middle used it up.
              expect(way).not.toBe('nothing but this fails:')
              const next = await auth.invitations.create({ address, handOver: true })
              await post('/register', { ...ann, invitation: next.token })
            }
            expect(value('email')).toEqual([address])
            expect(value('email_verified')).toEqual([0])
            expect(await made.logsIn()).toBe(true)
          },
        }
      },
      way,
      'invited',
    ),
)
