/**
 * A frozen account against whoever had got into it: nothing that they hold opens it.
 */
import { bearer, memoryStorage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'
import { members } from '../support/world.ts'

const old = 'ann@example.com'
const thiefs = 'eve@example.com'
const newPassword = 'another horse, another battery'

/** Somebody got in, changed the address, and then the password, which tells the new address. */
async function stolen(
  config: Parameters<typeof recoveryWorld>[1] = {},
  options: Parameters<typeof recoveryWorld>[0] = {},
) {
  const made = recoveryWorld(options, config)
  const member = await made.member()
  await made.ask(made.browser(), 'verify')
  const { password } = member
  await made.confirm(made.browser(), 'verify', { token: await made.token(), password })
  const thief = await made.loggedIn(member)
  const post = async (path: string, body: object) => {
    const response = await made.browser().post(`/recovery/${path}`, body)
    await made.auth.settled()
    return response
  }
  await thief.post('/recovery/change-request', { new_email: thiefs, password })
  await made.auth.settled()
  await post('change-confirm', { token: await made.token(thiefs) })
  await thief.post('/change-password', { current_password: password, new_password: newPassword })
  await made.auth.settled()
  const noticeOf = (recipient: string) =>
    tokenOf(
      made.inbox.messages.findLast(
        (one) => one.recipient === recipient && one.link?.includes('/undo-change'),
      ) as never,
    )
  const thawOf = (recipient: string) =>
    tokenOf(
      made.inbox.messages.findLast(
        (one) => one.recipient === recipient && one.kind === 'account_frozen',
      ) as never,
    )
  const thaw = async (recipient: string, token = thawOf(recipient)) => {
    const response = await post('unfreeze-confirm', { token })
    const body = (await response.json()) as { open?: boolean }
    return response.status === 200 ? body.open : response.status
  }
  const isFrozen = () =>
    made.sqlite.prepare("select hashed_password like '!frozen.%' from members").pluck().get() === 1
  return {
    ...made,
    person: made.member,
    member,
    post,
    thaw,
    thawOf,
    isFrozen,
    links: { owner: noticeOf(old), thief: noticeOf(thiefs) },
  }
}

describe('An account that its owner has frozen', () => {
  test('lets nobody in: by a link, by a password, by the application’s own word', async () => {
    const transports = [session(), bearer({ refresh: 'body' })]
    const made = await stolen({ transports }, { signIn: true })
    await made.ask(made.browser(), 'sign-in', thiefs)
    const link = await made.token(thiefs)
    await made.post('undo-confirm', { token: made.links.owner })
    const sent = made.inbox.messages.length
    for (const kind of ['sign-in', 'reset', 'unlock', 'verify'] as const) {
      await made.ask(made.browser(), kind, thiefs)
    }
    expect(made.inbox.messages).toHaveLength(sent)
    expect((await made.post('sign-in-confirm', { token: link })).status).toBe(400)
    const login = { username: 'ann', password: newPassword }
    expect((await made.browser().post('/login', login)).status).toBe(401)
    const [row] = made.db.select().from(members).all()
    const refused = { code: 'incorrect_credentials' }
    const request = new Request('https://app.example.com/')
    await expect(made.auth.sessions.create(request, row as never)).rejects.toMatchObject(refused)
    await expect(made.auth.tokens.issue(null, row as never)).rejects.toMatchObject(refused)
    expect(await made.auth.sessions.list(made.member.id)).toEqual([])
  })

  test('is not opened by a notice that went to the thief', async () => {
    const made = await stolen()
    await made.post('undo-confirm', { token: made.links.owner })
    expect((await made.post('undo-confirm', { token: made.links.thief })).status).toBe(200)
    expect(await made.thaw(thiefs)).toBe(false)
    expect(made.isFrozen()).toBe(true)
    expect(await made.thaw(old)).toBe(true)
  })

  test('is not opened by the thief who froze it first', async () => {
    const made = await stolen()
    await made.post('undo-confirm', { token: made.links.thief })
    const alone = made.thawOf(thiefs)
    await made.post('undo-confirm', { token: made.links.owner })
    expect(await made.thaw(thiefs, alone)).toBe(400)
    expect(await made.thaw(thiefs)).toBe(false)
    expect(made.isFrozen()).toBe(true)
  })

  test('by several links at once is opened when each of their mailboxes agrees', async () => {
    const made = await stolen()
    const { owner, thief } = made.links
    const frozen = await Promise.all(
      [owner, thief].map((token) => made.post('undo-confirm', { token })),
    )
    expect(frozen.map(({ status }) => status)).toEqual([200, 200])
    expect(await made.thaw(thiefs)).toBe(false)
    expect(await made.thaw(old)).toBe(true)
  })

  test('is opened by nobody’s link where the storage lost who has to agree', async () => {
    const made = await stolen()
    await made.post('undo-confirm', { token: made.links.owner })
    const hashed = made.sqlite.prepare('select hashed_password from members').pluck().get()
    await made.storage.delete(`crudauth:frozen-sides:${sha256(String(hashed))}`)
    expect((await made.post('undo-confirm', { token: made.links.thief })).status).toBe(200)
    expect(await made.thaw(thiefs)).toBe(false)
    expect(made.isFrozen()).toBe(true)
    expect(await made.auth.users.unfreeze(made.member.id, { contact: old })).toBe(true)
  })

  test('is not opened by an agreement that was under way when its owner froze it', async () => {
    const memory = memoryStorage()
    let meanwhile: (() => Promise<unknown>) | null = null
    const storage = new Proxy(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const done: unknown = await Reflect.apply(value, target, args)
          const happens = meanwhile
          if (name === 'indexMembers' && happens !== null) {
            meanwhile = null
            await happens()
          }
          return done
        }
      },
    })
    const made = await stolen({ storage })
    await made.post('undo-confirm', { token: made.links.thief })
    meanwhile = () => made.post('undo-confirm', { token: made.links.owner })
    expect(await made.thaw(thiefs)).toBe(400)
    expect(meanwhile).toBeNull()
    expect(made.isFrozen()).toBe(true)
  })

  test('and opened, and frozen again, is not opened by an agreement from before', async () => {
    const made = await stolen()
    await made.post('undo-confirm', { token: made.links.thief })
    const before = made.thawOf(thiefs)
    await made.auth.users.unfreeze(made.member.id, { contact: old })
    await made.post('undo-confirm', { token: made.links.owner })
    expect(await made.thaw(thiefs, before)).toBe(400)
    expect(made.isFrozen()).toBe(true)
  })

  test('is opened for an address that is one, and nobody else’s', async () => {
    const made = await stolen()
    await made.post('undo-confirm', { token: made.links.owner })
    await made.browser().post('/register', {
      email: 'bob@example.com',
      username: 'bob',
      password: 'correct horse battery',
    })
    const { id } = made.member
    const open = (contact: string) => made.auth.users.unfreeze(id, { contact })
    for (const contact of [
      'nobody',
      '',
      'ann@example.com, eve@example.com',
      'a\ud800@example.com',
    ]) {
      await expect(open(contact)).rejects.toMatchObject({ code: 'validation_failed' })
    }
    for (const contact of ['bob@example.com', ' BOB@Example.com ']) {
      await expect(open(contact)).rejects.toMatchObject({ code: 'duplicate_value' })
    }
    expect(made.isFrozen()).toBe(true)
    expect(await open(' ANN@Example.com ')).toBe(true)
    const email = made.sqlite.prepare("select email from members where username = 'ann'").pluck()
    expect(email.get()).toBe(old)
  })
})

test('the notice of a deleted account does not freeze the next one with its primary key', async () => {
  const made = await stolen()
  made.sqlite.exec('delete from members')
  const bob = await made.loggedIn(await made.person('bob'))
  expect(made.sqlite.prepare('select id from members').pluck().get()).toBe(made.member.id)
  expect((await made.post('undo-confirm', { token: made.links.owner })).status).toBe(400)
  expect((await bob.get('/me')).status).toBe(200)
})
