/**
 * Identities that are found, linked, listed and taken away.
 */
import { IdentityTaken } from '../../users/identities.ts'
import { RejectedValue } from '../../users/store.ts'
import { atOnce, expect, expectEqual, expectRejection } from '../conformance.ts'
import { type Cases, type Id, impossible } from './tools.ts'

export const linkCases: Cases = {
  async 'has no problems with the providers that are configured'({ identities }) {
    expectEqual(identities.problems, [], 'problems')
  },

  async 'an identity is nobody’s until it is linked, and its account’s from then on'(tools) {
    const { identities, scope, account, at, whose } = tools
    const [one, two] = [await account(), await account()]
    expectEqual(await whose(at('1001')), null, 'before')
    expectEqual(await identities.link(one, at('1001'), scope), 'linked', 'the link')
    expectEqual(await identities.link(two, at('1002'), scope), 'linked', 'another')
    expectEqual(await whose(at('1001')), one, 'the first')
    expectEqual(await whose(at('1002')), two, 'the second')
    expectEqual(await whose(at('1003')), null, 'a third')
  },

  async 'one subject at two providers is two people'(tools) {
    const { identities, scope, account, at, elsewhere, whose } = tools
    const [one, two] = [await account(), await account()]
    await identities.link(one, at('1001'), scope)
    expectEqual(await whose(elsewhere('1001')), null, 'at the other provider')
    expectEqual(await identities.link(two, elsewhere('1001'), scope), 'linked', 'the link there')
    expectEqual([await whose(at('1001')), await whose(elsewhere('1001'))], [one, two], 'each')
  },

  async 'an account is listed with its identities, one at each provider'(tools) {
    const { identities, scope, account, at, elsewhere } = tools
    const [one, two] = [await account(), await account()]
    await identities.link(one, at('1001'), scope)
    await identities.link(one, elsewhere('abc'), scope)
    const found = await identities.list(one, scope)
    const sorted = [...found].sort((a, b) => (a.subject < b.subject ? -1 : 1))
    expectEqual(sorted, [at('1001'), elsewhere('abc')], 'both')
    expectEqual(await identities.list(two, scope), [], 'none')
  },

  async 'a link is made once, and overwrites nothing'({
    identities,
    scope,
    account,
    at,
    whose,
    absentKey,
  }) {
    const one = await account()
    await identities.link(one, at('1001'), scope)
    expectEqual(await identities.link(one, at('1001'), scope), 'kept', 'the same once more')
    expectEqual(await identities.link(one, at('1002'), scope), 'refused', 'another subject')
    expectEqual([await whose(at('1001')), await whose(at('1002'))], [one, null], 'as it was')
    expectEqual(await identities.link(absentKey, at('1003'), scope), 'refused', 'no such account')
  },

  async 'an identity has one account, and who comes second is told so'(tools) {
    const { identities, scope, account, at, whose } = tools
    const [one, two] = [await account(), await account()]
    await identities.link(one, at('secret-subject'), scope)
    const link = identities.link(two, at('secret-subject'), scope)
    const error = await expectRejection(link, 'the second link')
    expect(error instanceof IdentityTaken, `is an IdentityTaken: ${String(error)}`)
    expectEqual(error.provider, at('').provider, 'the provider')
    expect(!error.message.includes('secret-subject'), 'the message names no subject')
    expectEqual(await whose(at('secret-subject')), one, 'as it was')
    expectEqual(await identities.list(two, scope), [], 'nothing for the other')
  },

  async 'of many accounts that link one identity at once, one gets it'(tools) {
    const { identities, scope, account, at, whose } = tools
    const accounts: Id[] = []
    for (let n = 0; n < 8; n++) accounts.push(await account())
    const settled = await Promise.allSettled(
      accounts.map((id) => identities.link(id, at('1001'), scope)),
    )
    const winners = accounts.filter((_, n) => settled[n]?.status === 'fulfilled')
    expectEqual(winners.length, 1, 'winners')
    for (const one of settled) {
      if (one.status === 'rejected') {
        expect(one.reason instanceof IdentityTaken, `a loser got ${String(one.reason)}`)
      }
    }
    expectEqual(await whose(at('1001')), winners[0], 'the winner')
  },

  async 'of many identities that one account links at once, it gets one'(tools) {
    const { identities, scope, account, at } = tools
    const one = await account()
    const came = await atOnce(8, (n) => identities.link(one, at(`100${n}`), scope))
    expectEqual(came.filter((outcome) => outcome === 'linked').length, 1, 'linked')
    expectEqual(came.filter((outcome) => outcome === 'refused').length, 7, 'refused')
    const [kept] = await identities.list(one, scope)
    expectEqual(kept, at(`100${came.indexOf('linked')}`), 'the one that was said to be linked')
  },

  async 'an identity is taken away once, from the account that has exactly it'(tools) {
    const { identities, scope, account, at, elsewhere, whose } = tools
    const [one, two] = [await account(), await account()]
    await identities.link(one, at('1001'), scope)
    await identities.link(one, elsewhere('1001'), scope)
    expectEqual(await identities.unlink(two, at('1001'), scope), false, 'of another account')
    expectEqual(await identities.unlink(one, at('1002'), scope), false, 'another subject')
    expectEqual(await whose(at('1001')), one, 'as it was')
    const came = await atOnce(8, () => identities.unlink(one, at('1001'), scope))
    expectEqual(came.filter(Boolean).length, 1, 'taken away')
    expectEqual(await whose(at('1001')), null, 'nobody’s')
    expectEqual(await identities.list(one, scope), [elsewhere('1001')], 'the other stays')
    expectEqual(await identities.link(two, at('1001'), scope), 'linked', 'free for others')
  },

  async 'a subject is compared exactly, whatever the collation'(tools) {
    const { identities, scope, account, at, whose } = tools
    const [one, two] = [await account(), await account()]
    await identities.link(one, at('Jose-Abc'), scope)
    for (const subject of ['jose-abc', 'José-Abc', 'Jose-Abc ', ' Jose-Abc', 'Ｊose-Abc', '%']) {
      expectEqual(await whose(at(subject)), null, `'${subject}'`)
      expectEqual(await identities.unlink(one, at(subject), scope), false, `unlink '${subject}'`)
    }
    // Under a collation that takes both for one, nobody else can have it; but never is it the
    // first's.
    const came = await identities.link(two, at('jose-abc'), scope).catch((error: unknown) => error)
    expect(came === 'linked' || came instanceof IdentityTaken, `in another case: ${String(came)}`)
    expectEqual(await whose(at('jose-abc')), came === 'linked' ? two : null, 'in another case')
    expectEqual(await whose(at('Jose-Abc')), one, 'the first')
  },

  async 'what is no subject is nobody’s, and is not stored'(tools) {
    const { identities, scope, account, at, whose } = tools
    const one = await account()
    for (const value of impossible) {
      const identity = { ...at(''), subject: value as string }
      expectEqual(await whose(identity), null, `find ${String(value)}`)
      const error = await expectRejection(
        identities.link(one, identity, scope),
        `link ${String(value)}`,
      )
      expect(error instanceof RejectedValue, `is a RejectedValue: ${String(error)}`)
      expectEqual(await identities.unlink(one, identity, scope), false, `unlink ${String(value)}`)
      const refused = await expectRejection(
        identities.insert(tools.values(), identity, scope),
        `insert ${String(value)}`,
      )
      expect(refused instanceof RejectedValue, `is a RejectedValue: ${String(refused)}`)
    }
    expectEqual(await identities.list(one, scope), [], 'nothing')
  },

  async 'a provider that is not configured is an error'({ identities, scope, account, values }) {
    const stranger = { provider: 'never-configured', subject: '1' }
    const one = await account()
    await expectRejection(
      Promise.resolve().then(() => identities.find(stranger, scope)),
      'find',
    )
    await expectRejection(
      Promise.resolve().then(() => identities.link(one, stranger, scope)),
      'link',
    )
    await expectRejection(
      Promise.resolve().then(() => identities.insert(values(), stranger, scope)),
      'insert',
    )
  },

  async 'a tenant sees and links its own accounts only'(tools) {
    const { identities, scope, other, account, theirs, at, whose } = tools
    if (other === null) return
    const [mine, yours] = [await account(), await theirs(other)]
    await identities.link(mine, at('1001'), scope)
    expectEqual(await whose(at('1001'), other), null, 'find')
    expectEqual(await identities.list(mine, other), [], 'list')
    const linkedToNobody = await account()
    expectEqual(await identities.link(linkedToNobody, at('1002'), other), 'refused', 'link')
    expectEqual(await identities.unlink(mine, at('1001'), other), false, 'unlink')
    expectEqual(await identities.link(yours, at('1001'), other), 'linked', 'the same person there')
    expectEqual(await whose(at('1001'), other), yours, 'theirs')
    expectEqual(await whose(at('1001')), mine, 'mine')
  },
}
