/**
 * Accounts that are made with an identity.
 */
import { IdentityTaken } from '../../users/identities.ts'
import { expect, expectEqual, expectRejection } from '../conformance.ts'
import type { Cases, Id } from './tools.ts'

export const insertCases: Cases = {
  async 'a new account has its identity from the start, beside others'(tools) {
    const { identities, scope, values, idOf, at, elsewhere, whose } = tools
    const one = idOf(await identities.insert(values(), at('1001'), scope))
    const two = idOf(await identities.insert(values(), elsewhere('1001'), scope))
    expectEqual([await whose(at('1001')), await whose(elsewhere('1001'))], [one, two], 'each')
    expectEqual(await identities.list(one, scope), [at('1001')], 'its identities')
    expectEqual(await identities.link(one, at('1001'), scope), 'kept', 'linked already')
  },

  async 'an identity that is taken makes no account'(tools) {
    const { identities, scope, account, values, at, whose } = tools
    const one = await account()
    await identities.link(one, at('secret-subject'), scope)
    const wanted = values()
    const insert = identities.insert(wanted, at('secret-subject'), scope)
    const error = await expectRejection(insert, 'the insert')
    expect(error instanceof IdentityTaken, `is an IdentityTaken: ${String(error)}`)
    expectEqual(error.provider, at('').provider, 'the provider')
    expect(!error.message.includes('secret-subject'), 'the message names no subject')
    expectEqual(await whose(at('secret-subject')), one, 'as it was')
    // What is unique in it would be taken by now.
    await identities.insert(wanted, at('1002'), scope)
  },

  async 'an account that another one keeps from being made links nothing'(tools) {
    const { identities, scope, values, idOf, at, whose } = tools
    const wanted = values()
    const one = idOf(await identities.insert(wanted, at('1001'), scope))
    const error = await expectRejection(
      identities.insert(wanted, at('1002'), scope),
      'the same account again',
    )
    expect(!(error instanceof IdentityTaken), 'the identity was free')
    expectEqual([await whose(at('1001')), await whose(at('1002'))], [one, null], 'as it was')
  },

  async 'of many new accounts with one identity at once, one is made'(tools) {
    const { identities, scope, values, idOf, at, whose } = tools
    const accounts = Array.from({ length: 8 }, values)
    const settled = await Promise.allSettled(
      accounts.map((one) => identities.insert(one, at('1001'), scope)),
    )
    const made = settled.flatMap((one) => (one.status === 'fulfilled' ? [idOf(one.value)] : []))
    expectEqual(made.length, 1, 'made')
    for (const one of settled) {
      if (one.status === 'rejected') {
        expect(one.reason instanceof IdentityTaken, `a loser got ${String(one.reason)}`)
      }
    }
    expectEqual(await whose(at('1001')), made[0], 'the winner')
  },

  async 'work during the insert gets the linked row, and undoes all when it fails'(tools) {
    const { identities, scope, values, idOf, at, whose, hasTransactions } = tools
    if (!hasTransactions) return
    const wanted = values()
    const failing = identities.insert(wanted, at('1001'), scope, () => {
      throw new Error('the application’s own')
    })
    const error = await expectRejection(failing, 'the insert')
    expectEqual((error as Error).message, 'the application’s own', 'the error')
    expectEqual(await whose(at('1001')), null, 'nobody’s')
    let seen: Id | null = null
    const row = await identities.insert(wanted, at('1001'), scope, (_, inserted) => {
      seen = idOf(inserted)
    })
    expectEqual(seen, idOf(row), 'the row that the work got')
  },
}
