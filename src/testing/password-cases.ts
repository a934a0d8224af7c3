/**
 * The cases of the user-store kit about password hashes: each change of one is one step, wherever
 * the store keeps it.
 */
import { atOnce, expect, expectEqual, expectRejection } from './conformance.ts'
import type { UserStoreTools } from './users.ts'

type Row = Record<string, unknown>

export const passwordCases: Readonly<Record<string, (tools: UserStoreTools) => Promise<void>>> = {
  async 'a new row has its hash, however it is found'({ store, scope, id, email, row, insert }) {
    const hash = store.map.hashedPassword ?? ''
    const inserted = await insert(1)
    expectEqual(inserted[hash], row(1)[hash], 'the hash of the new row')
    const byName = (await store.find(email, inserted[email], scope)) as Row | null
    expectEqual(byName?.[hash], row(1)[hash], 'by address')
    expectEqual(await store.find(id, inserted[id], scope), byName, 'by key')
  },

  async 'a change of the hash and of another column is one step'(tools) {
    const { store, scope, id, epoch, insert, found } = tools
    const hash = store.map.hashedPassword ?? ''
    const one = await insert(1)
    const two = await insert(2)
    const key = one[id] as number
    const [from, to] = [Number(one[epoch]), Number(one[epoch]) + 1]
    const change = (when: Row) => store.update(key, { [hash]: 'changed', [epoch]: to }, scope, when)
    const conditions: readonly Row[] = [
      { [hash]: 'another', [epoch]: from },
      { [hash]: one[hash], [epoch]: to },
      { [hash]: null },
      { [hash]: 'another' },
      { [epoch]: to },
    ]
    for (const when of conditions) {
      expectEqual(await change(when), false, `under ${JSON.stringify(when)}`)
      expectEqual(await found(one), one, 'as it was')
    }
    expectEqual(await change({ [hash]: one[hash], [epoch]: from }), true, 'under what is so')
    const after = await found(one)
    expectEqual([after[hash], after[epoch]], ['changed', to], 'both are written')
    expectEqual(await found(two), two, 'the other row')
  },

  async 'a condition on the hash holds for what is written elsewhere'(tools) {
    const { store, scope, id, email, insert, found } = tools
    const hash = store.map.hashedPassword ?? ''
    const one = await insert(1)
    const write = (when: unknown) =>
      store.update(one[id] as number, { [email]: 'new@example.com' }, scope, { [hash]: when })
    expectEqual(await write('another'), false, 'under another hash')
    expectEqual(await write(null), false, 'under none')
    expectEqual(await found(one), one, 'as it was')
    expectEqual(await write(one[hash]), true, 'under its own')
    expectEqual((await found(one))[email], 'new@example.com', 'written')
    const back = { [hash]: 'other' }
    const under = (when: unknown) => store.update(one[id] as number, back, scope, { [email]: when })
    expectEqual(await under(one[email]), false, 'a hash under another address')
    expectEqual(await under('new@example.com'), true, 'under its own')
  },

  async 'of changes at once, each from the same hash, one wins'(tools) {
    const { store, scope, id, epoch, insert, found } = tools
    const hash = store.map.hashedPassword ?? ''
    const one = await insert(1)
    const start = Number(one[epoch])
    const won = await atOnce(20, (n) =>
      store.update(one[id] as number, { [hash]: `hash ${n}`, [epoch]: start + 1 + n }, scope, {
        [hash]: one[hash],
      }),
    )
    expectEqual(won.filter(Boolean).length, 1, 'winners')
    const after = await found(one)
    const winner = won.indexOf(true)
    expectEqual(
      [after[hash], after[epoch]],
      [`hash ${winner}`, start + 1 + winner],
      'all of the winner',
    )
  },

  async 'of two changes of which each rules the other out, one happens'(tools) {
    const { store, scope, id, email, insert, found } = tools
    const hash = store.map.hashedPassword ?? ''
    const one = await insert(1)
    const key = one[id] as number
    for (let round = 0; round < 20; round++) {
      const now = await found(one)
      const address = { [email]: `round${round}@example.com` }
      const done = await Promise.all([
        store.update(key, address, scope, { [hash]: now[hash] }),
        store.update(key, { [hash]: `round ${round}` }, scope, { [email]: now[email] }),
      ])
      expectEqual(done.filter(Boolean).length, 1, 'changes')
    }
  },

  async 'a hash is dropped, and of several that set the first one wins'(tools) {
    const { store, scope, id, insert, found } = tools
    const hash = store.map.hashedPassword ?? ''
    if (!store.columns.get(hash)?.nullable) return
    const one = await insert(1)
    const key = one[id] as number
    const write = (value: unknown, when?: Row) => store.update(key, { [hash]: value }, scope, when)
    // Not every store knows whether its column may be empty; Prisma says so before it asks.
    const isRefused = await write(null, { [hash]: 'another' }).catch(() => null)
    expectEqual(await found(one), one, 'as it was')
    if (isRefused === null) return
    expectEqual(isRefused, false, 'dropped under another')
    const isDropped = await write(null, { [hash]: one[hash] }).catch(() => null)
    if (isDropped === null) return
    expectEqual(isDropped, true, 'dropped')
    expectEqual((await found(one))[hash], null, 'none')
    expectEqual(await write(null), true, 'dropped again')
    expectEqual(await write('x', { [hash]: one[hash] }), false, 'set from what is gone')
    const won = await atOnce(20, (n) => write(`hash ${n}`, { [hash]: null }))
    expectEqual(won.filter(Boolean).length, 1, 'set')
    expectEqual((await found(one))[hash], `hash ${won.indexOf(true)}`, 'of the winner')
    expectEqual(await write('without a condition'), true, 'and again')
    expectEqual((await found(one))[hash], 'without a condition', 'without a condition')
  },

  async 'nobody has a hash written who is not there'({ store, scope, other, id, insert, found }) {
    const hash = store.map.hashedPassword ?? ''
    const one = await insert(1)
    const key = one[id] as number
    const absent = typeof key === 'number' ? 987654 : typeof key === 'bigint' ? 987654n : 'absent'
    for (const when of [undefined, { [hash]: null }, { [hash]: one[hash] }]) {
      expectEqual(await store.update(absent, { [hash]: 'x' }, scope, when), false, 'nobody')
      if (other === null) continue
      expectEqual(await store.update(key, { [hash]: 'x' }, other, when), false, 'of another tenant')
    }
    expectEqual(await found(one), one, 'as it was')
  },

  async 'a change that is cut off between two writes leaves nothing of it'(tools) {
    const { store, scope, id, email, epoch, row, insert, found, cutOff } = tools
    if (cutOff === undefined) return
    const hash = store.map.hashedPassword ?? ''
    const one = await insert(1)
    const key = one[id] as number
    const next = { [hash]: 'changed', [epoch]: Number(one[epoch]) + 1 }
    const end = await cutOff(store)
    try {
      await expectRejection(store.update(key, next, scope), 'a change')
      await expectRejection(
        store.update(key, next, scope, { [hash]: one[hash] }),
        'a conditional one',
      )
      await expectRejection(insert(2), 'an insert')
    } finally {
      await end()
    }
    expectEqual(await found(one), one, 'as it was')
    expectEqual(await store.find(email, row(2)[email], scope), null, 'nobody new')
    expectEqual(await store.update(key, next, scope, { [hash]: one[hash] }), true, 'then it works')
    expect((await insert(2))[hash] === row(2)[hash], 'and so does an insert')
  },
}
