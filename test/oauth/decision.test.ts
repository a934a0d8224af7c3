/**
 * Whose account an identity is, case by case.
 */
import { expect, test } from 'vitest'
import {
  type AddressOwner,
  decide,
  type KnownAccount,
  type Situation,
} from '../../src/features/oauth/decision.ts'

const owner: AddressOwner = {
  contact: 'proven',
  isAtHand: false,
  hasOtherIdentity: false,
  isActive: true,
  hasItAsContact: true,
}
const known: KnownAccount = {
  isUnproven: true,
  isAtHand: false,
  hasOtherWays: false,
  isActive: true,
}
const situation: Situation = {
  known: null,
  address: 'proven',
  owner: null,
  needsAddress: true,
  takesNewcomers: true,
}
const link = (drops: boolean, proves: boolean) => ({ kind: 'link', drops, proves })
const proven: KnownAccount = { ...known, isUnproven: false }
const signIn = (proves: boolean) => ({ kind: 'sign-in', proves })
const refuse = (reason: string) => ({ kind: 'refuse', reason })

test.each<[string, Partial<Situation>, Partial<AddressOwner> | null, object]>([
  // 1. The identity, whatever else is so.
  ['a known identity signs in', { known: proven }, null, signIn(false)],
  ['and so beside another owner of the address', { known: proven }, {}, signIn(false)],
  ['and so without an address', { known, address: 'none' }, null, signIn(false)],
  [
    'and so where strangers get no account',
    { known: proven, takesNewcomers: false },
    null,
    signIn(false),
  ],
  ['by it alone, the address is proven', { known }, null, signIn(true)],
  [
    'not by an address that the provider has not verified',
    { known, address: 'unproven' },
    null,
    signIn(false),
  ],
  [
    'nor beside another way in, which may be somebody else’s',
    { known: { ...known, hasOtherWays: true } },
    null,
    signIn(false),
  ],
  [
    'but in the browser that made the account',
    { known: { ...known, hasOtherWays: true, isAtHand: true } },
    null,
    signIn(true),
  ],
  [
    'a disabled account proves nothing',
    { known: { ...known, isActive: false } },
    null,
    signIn(false),
  ],
  // 2. The address of an account.
  ['an address that both have proven links', {}, {}, link(false, false)],
  ['an unproven one links nothing', { address: 'unproven' }, {}, refuse('account_exists')],
  [
    'nor to an account that nobody has proven',
    { address: 'unproven' },
    { contact: 'unproven' },
    refuse('account_exists'),
  ],
  [
    'an account that nobody has proven loses what was planted',
    {},
    { contact: 'unproven' },
    link(true, true),
  ],
  [
    'but for its own browser, where nothing was',
    {},
    { contact: 'unproven', isAtHand: true },
    link(false, true),
  ],
  [
    'which is no help beside another identity there',
    {},
    { contact: 'unproven', isAtHand: true, hasOtherIdentity: true },
    link(true, true),
  ],
  [
    'another identity at the provider is not overwritten',
    {},
    { hasOtherIdentity: true },
    refuse('other_identity'),
  ],
  [
    'but for one that was planted',
    {},
    { contact: 'unproven', hasOtherIdentity: true },
    link(true, true),
  ],
  ['a table that cannot say links nothing', {}, { contact: 'unknown' }, refuse('account_exists')],
  [
    'a username that is spelled as an address is no address',
    {},
    { hasItAsContact: false },
    refuse('account_exists'),
  ],
  ['a disabled account is left alone', {}, { isActive: false }, refuse('account_unavailable')],
  [
    'and not dropped, either',
    {},
    { isActive: false, contact: 'unproven' },
    refuse('account_unavailable'),
  ],
  ['linking needs no room for newcomers', { takesNewcomers: false }, {}, link(false, false)],
  // 3 and 4. A new account.
  ['a newcomer gets an account', {}, null, { kind: 'create', isProven: true }],
  ['unproven', { address: 'unproven' }, null, { kind: 'create', isProven: false }],
  ['not without an address', { address: 'none' }, null, refuse('no_address')],
  [
    'whoever has an address that is not named',
    { address: 'none', needsAddress: false },
    {},
    { kind: 'create', isProven: false },
  ],
  [
    'unless none is needed',
    { address: 'none', needsAddress: false },
    null,
    { kind: 'create', isProven: false },
  ],
  ['not where strangers get none', { takesNewcomers: false }, null, refuse('no_account')],
])('%s', (_, changes, ofOwner, decision) => {
  const given = ofOwner === null ? null : { ...owner, ...ofOwner }
  expect(decide({ ...situation, ...changes, owner: given })).toEqual(decision)
})
