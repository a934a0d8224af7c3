/**
 * What each provider says of somebody, and which of it proves an address: a fixture of each shape
 * that its documentation shows.
 */

import {
  apple,
  discord,
  github,
  gitlab,
  google,
  microsoft,
  type OAuthProvider,
  oauth,
  oauth2,
  oidc,
  type ProviderAnswers,
} from 'crudauth/oauth'
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { identityOf } from '../../src/features/oauth/profile.ts'

const client = { clientId: 'shop', clientSecret: 'secret' }
const nothing: ProviderAnswers = { idToken: null, userInfo: null, further: {}, redirect: {} }

function said(provider: OAuthProvider, answers: Partial<ProviderAnswers>) {
  expect(provider.problems).toEqual([])
  return identityOf(provider, provider.profile({ ...nothing, ...answers }))
}
const proof = (provider: OAuthProvider, answers: Partial<ProviderAnswers>) => {
  const identity = said(provider, answers)
  return identity && { email: identity.email, isEmailProven: identity.isEmailProven }
}
const proven = { email: 'ann@example.com', isEmailProven: true }
const unproven = { email: 'ann@example.com', isEmailProven: false }
const none = { email: null, isEmailProven: false }

describe('google()', () => {
  // https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
  const idToken = {
    iss: 'https://accounts.google.com',
    azp: 'shop',
    aud: 'shop',
    sub: '10769150350006150715113082367',
    at_hash: 'HK6E_P6Dh8Y93mRNtsDB1Q',
    hd: 'example.com',
    email: 'Ann@Example.com',
    email_verified: true,
    name: 'Ann Other',
    given_name: 'Ann',
    family_name: 'Other',
    picture: 'https://lh3.googleusercontent.com/a/x',
    iat: 1353601026,
    exp: 1353604926,
  }
  test('says who it is', () => {
    expect(said(google(client), { idToken })).toEqual({
      issuer: 'https://accounts.google.com',
      subject: '10769150350006150715113082367',
      email: 'ann@example.com',
      isEmailProven: true,
      name: 'Ann Other',
      givenName: 'Ann',
      familyName: 'Other',
      username: null,
      picture: 'https://lh3.googleusercontent.com/a/x',
    })
  })
  test.each([false, 'true', 1, undefined])('email_verified %j proves nothing', (email_verified) => {
    expect(proof(google(client), { idToken: { ...idToken, email_verified } })).toEqual(unproven)
  })
  test('has two spellings of its issuer, which are one', () => {
    const issuerOf = (said: string) => google(client).idToken?.issuerOf?.(said, {})
    expect(issuerOf('accounts.google.com')).toBe('https://accounts.google.com')
    expect(issuerOf('https://accounts.google.com')).toBe('https://accounts.google.com')
    expect(issuerOf('http://accounts.google.com')).toBeNull()
  })
})

describe('github()', () => {
  // https://docs.github.com/en/rest/users/users#get-the-authenticated-user
  const user = {
    login: 'octo-ann',
    id: 583231,
    node_id: 'MDQ6VXNlcjU4MzIzMQ==',
    avatar_url: 'https://avatars.githubusercontent.com/u/583231?v=4',
    name: 'Ann Other',
    email: 'public@example.com',
  }
  const address = (email: string, primary: boolean, verified: unknown) => ({
    email,
    primary,
    verified,
    visibility: null,
  })
  const from = (emails: unknown) => proof(github(client), { further: { user, emails } })
  test('says who it is by its number, never by its name', () => {
    const { id: _, ...nobody } = user
    expect(said(github(client), { further: { user, emails: null } })).toMatchObject({
      issuer: 'https://github.com',
      subject: '583231',
      username: 'octo-ann',
      name: 'Ann Other',
    })
    expect(said(github(client), { further: { user: nobody, emails: null } })).toBeNull()
  })
  test('takes the primary address that is verified, else any that is, else none as a proof', () => {
    const [ann, other] = ['ann@example.com', 'other@example.com']
    expect(from([address(other, false, true), address(ann, true, true)])).toEqual(proven)
    expect(from([address(other, true, false), address(ann, false, true)])).toEqual(proven)
    expect(from([address(other, false, false), address(ann, true, false)])).toEqual(unproven)
    expect(from([address(ann, false, 'true'), address(other, false, 1)])).toEqual(unproven)
  })
  test('never takes the address of the public profile', () => {
    for (const emails of [null, [], {}, 'x', [null], [{ email: 7 }]])
      expect(from(emails)).toEqual(none)
  })
  test('of an enterprise is another issuer', () => {
    const { issuer, further } = github({ ...client, baseUrl: 'https://git.example.com/' })
    expect([issuer, further['user']?.url]).toEqual([
      'https://git.example.com',
      'https://git.example.com/api/v3/user',
    ])
  })
})

describe('microsoft()', () => {
  const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const other = 'aaaaaaaa-0000-0000-0000-000000000001'
  // https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference
  const idToken = {
    ver: '2.0',
    iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
    sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
    aud: 'shop',
    name: 'Ann Other',
    preferred_username: 'ann@example.com',
    email: 'ann@example.com',
    oid: '00000000-0000-0000-66f3-3332eca7ea81',
    tid: tenant,
  }
  const one = (more = {}) => microsoft({ ...client, tenants: [tenant], ...more })
  const issuerOf = (provider: OAuthProvider, iss: string, tid: unknown) =>
    provider.idToken?.issuerOf?.(iss, { tid })

  test('proves no address by itself: an administrator can write any', () => {
    expect(proof(one(), { idToken })).toEqual(unproven)
    expect(proof(one(), { idToken: { ...idToken, email_verified: true } })).toEqual(unproven)
  })
  test.each([true, 1, '1'])('proves one where xms_edov is %j', (xms_edov) => {
    expect(proof(one(), { idToken: { ...idToken, xms_edov } })).toEqual(proven)
  })
  test.each([false, 0, '0', 'true', null, {}])('not where it is %j', (xms_edov) => {
    expect(proof(one(), { idToken: { ...idToken, xms_edov } })).toEqual(unproven)
  })
  test('proves one where the tenant is listed together with the domain', () => {
    const listed = (domains: object) => proof(one({ domains }), { idToken })
    expect(listed({ [tenant.toUpperCase()]: ['Example.com'] })).toEqual(proven)
    expect(listed({ [tenant]: ['example.org'] })).toEqual(unproven)
    expect(listed({ [other]: ['example.com'] })).toEqual(unproven)
  })
  test('has no address where only the login name looks like one', () => {
    expect(proof(one(), { idToken: { ...idToken, email: undefined } })).toEqual(none)
  })
  test('is one issuer for each tenant, rebuilt of a GUID', () => {
    expect(issuerOf(one(), idToken.iss, tenant)).toBe(idToken.iss)
    const any = microsoft({ ...client, tenants: 'any' })
    expect(issuerOf(any, idToken.iss, tenant)).toBe(idToken.iss)
    for (const tid of [other, '{tenantid}', 'common', '', undefined, 7, `${tenant}/../${other}`]) {
      expect(issuerOf(one(), idToken.iss, tid), String(tid)).toBeNull()
    }
    const foreign = `https://login.microsoftonline.com/${other}/v2.0`
    expect(issuerOf(one(), foreign, other)).toBeNull()
    expect(issuerOf(any, foreign, tenant)).toBeNull()
  })
  test('asks the page that lets the listed tenants in', () => {
    const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
    const page = (tenants: string[] | 'any') =>
      microsoft({ ...client, tenants }).endpoints?.authorization.split('/')[3]
    expect([
      page([tenant]),
      page([personal]),
      page([tenant, other]),
      page([tenant, personal]),
      page('any'),
    ]).toEqual([tenant, 'consumers', 'organizations', 'common', 'common'])
  })
  test.each([
    [{ tenants: [] }, /tenants must be a list of GUIDs/],
    [{ tenants: ['contoso.onmicrosoft.com'] }, /which is not a GUID/],
    [{ tenants: [tenant], domains: { contoso: ['x.example'] } }, /not the GUID of a tenant/],
  ])('refuses %j', (options, problem) => {
    expect(microsoft({ ...client, ...options } as never).problems).toEqual([
      expect.stringMatching(problem),
    ])
  })
})

describe('apple()', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const options = {
    clientId: 'com.example.web',
    teamId: 'TEAM123456',
    keyId: 'KEY1234567',
    privateKey: await exportPKCS8(privateKey),
  }
  // https://developer.apple.com/documentation/signinwithapplerestapi/authenticating-users-with-sign-in-with-apple
  const idToken = {
    iss: 'https://appleid.apple.com',
    aud: 'com.example.web',
    sub: '001393.6d621dadasdd04956bds129fa982ba.1517',
    nonce_supported: true,
    email: 'ann@example.com',
    email_verified: 'true',
    is_private_email: 'false',
    auth_time: 1587333749,
  }
  test.each(['true', true])('proves an address where email_verified is %j', (email_verified) => {
    expect(proof(apple(options), { idToken: { ...idToken, email_verified } })).toEqual(proven)
  })
  test.each(['false', false, 'yes', 1, undefined])(
    'not where it is %j, as at work and school',
    (email_verified) => {
      expect(proof(apple(options), { idToken: { ...idToken, email_verified } })).toEqual(unproven)
    },
  )
  test('proves one of the private relay, to which mail goes through', () => {
    const relayed = { ...idToken, email: 'x7@privaterelay.appleid.com', is_private_email: true }
    expect(proof(apple(options), { idToken: relayed })).toMatchObject({ isEmailProven: true })
  })
  test('takes the name, and nothing else, from what comes beside the code', () => {
    const user = JSON.stringify({
      name: { firstName: 'Ann', lastName: 'Other' },
      email: 'evil@example.com',
      sub: 'evil',
    })
    expect(said(apple(options), { idToken, redirect: { user } })).toMatchObject({
      subject: idToken.sub,
      email: 'ann@example.com',
      name: 'Ann Other',
      givenName: 'Ann',
      familyName: 'Other',
    })
    for (const broken of ['', 'x', 'null', '[]', '{"name":7}', '{"name":{"firstName":{}}}']) {
      expect(said(apple(options), { idToken, redirect: { user: broken } })).toMatchObject({
        name: null,
        givenName: null,
      })
    }
  })
  test('has its answer posted, and makes a client secret for minutes', async () => {
    const { responseMode, authentication } = apple(options)
    expect(responseMode).toBe('form_post')
    const now = Date.UTC(2026, 0, 1)
    const secret = await (authentication.secret as (now: number) => Promise<string>)(now)
    const { payload, protectedHeader } = await jwtVerify(secret, publicKey, {
      currentDate: new Date(now),
    })
    expect([protectedHeader, payload]).toEqual([
      { alg: 'ES256', kid: 'KEY1234567' },
      {
        iss: 'TEAM123456',
        sub: 'com.example.web',
        aud: 'https://appleid.apple.com',
        iat: now / 1000,
        exp: now / 1000 + 300,
      },
    ])
  })
  test('says what became of a key whose line ends are lost', () => {
    const { problems } = apple({ ...options, privateKey: 'MIGTAgEAMBMGByq' })
    expect(problems).toEqual([expect.stringContaining("begins with '-----BEGIN PRIVATE KEY-----'")])
  })
})

describe('gitlab()', () => {
  // https://docs.gitlab.com/integration/openid_connect_provider/
  const idToken = { iss: 'https://gitlab.com', sub: '4711', auth_time: 1 }
  const userInfo = {
    sub: '4711',
    name: 'Ann Other',
    nickname: 'ann',
    preferred_username: 'ann',
    email: 'ann@example.com',
    email_verified: true,
    picture: 'https://gitlab.com/uploads/ann.png',
  }
  test('has address and flag in userinfo', () => {
    expect(proof(gitlab(client), { idToken, userInfo })).toEqual(proven)
    expect(said(gitlab(client), { idToken, userInfo })).toMatchObject({
      subject: '4711',
      username: 'ann',
    })
  })
  test('never mixes the flag of one answer with the address of the other', () => {
    const mixed = { ...idToken, email: 'ann@example.com' }
    expect(proof(gitlab(client), { idToken: mixed, userInfo })).toEqual(unproven)
    const { email: _, ...flagOnly } = userInfo
    expect(proof(gitlab(client), { idToken: mixed, userInfo: flagOnly })).toEqual(unproven)
  })
})

describe('discord()', () => {
  // https://discord.com/developers/docs/resources/user#user-object
  const user = {
    id: '80351110224678912',
    username: 'ann',
    discriminator: '0',
    global_name: 'Ann Other',
    avatar: '8342729096ea3675442027381ff50dfe',
    verified: true,
    email: 'ann@example.com',
  }
  test('proves an address where verified is true', () => {
    expect(proof(discord(client), { further: { user } })).toEqual(proven)
    for (const verified of [false, 'true', undefined]) {
      expect(proof(discord(client), { further: { user: { ...user, verified } } })).toEqual(unproven)
    }
    expect(proof(discord(client), { further: { user: { ...user, email: null } } })).toEqual(none)
  })
  test('says who it is', () => {
    expect(said(discord(client), { further: { user } })).toMatchObject({
      issuer: 'https://discord.com',
      subject: '80351110224678912',
      username: 'ann',
      name: 'Ann Other',
      picture:
        'https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png',
    })
    expect(said(discord(client), { further: { user: null } })).toBeNull()
  })
})

describe('oauth2()', () => {
  const options = {
    label: 'Forge',
    issuer: 'https://forge.example',
    ...client,
    endpoints: { authorization: 'https://forge.example/a', token: 'https://forge.example/t' },
    further: { me: { url: 'https://forge.example/me' } },
    profile: ({ me }: Readonly<Record<string, unknown>>) => ({
      subject: (me as { id: unknown }).id,
      email: { address: 'ann@example.com', isVerified: true },
    }),
  }
  const further = { me: { id: 7 } }
  test('proves no address unless it says so', () => {
    expect(proof(oauth2(options), { further })).toEqual(unproven)
    expect(proof(oauth2({ ...options, provesAddresses: 'verified' }), { further })).toEqual(proven)
    const own = oauth2({ ...options, provesAddresses: ['Example.com'] })
    expect(proof(own, { further })).toEqual(proven)
    const others = oauth2({ ...options, provesAddresses: ['sub.example.com'] })
    expect(proof(others, { further })).toEqual(unproven)
  })
  test.each(['true', 'false', 1, {}, 'yes'])('proves none by %j: only true does', (isVerified) => {
    const odd = oauth2({
      ...options,
      provesAddresses: 'verified',
      profile: () => ({
        subject: '1',
        email: { address: 'ann@example.com', isVerified: isVerified as boolean },
      }),
    })
    expect(proof(odd, { further })).toEqual(unproven)
  })
  test('proves none without a code challenge, whatever it says', () => {
    const bare = oauth2({ ...options, pkce: false, provesAddresses: 'verified' })
    expect(bare.problems).toEqual([expect.stringContaining('no effect without a code challenge')])
    const profile = bare.profile({ ...nothing, further })
    expect(identityOf(bare, profile)).toMatchObject({ isEmailProven: false })
  })
  test.each([null, undefined, '', {}, [], true, 1.5, 2 ** 60, 'x'.repeat(256), 'a\0b'])(
    'takes the subject %j for nobody',
    (id) => {
      expect(said(oauth2(options), { further: { me: { id } } })).toBeNull()
    },
  )
  test.each(['ann', 'ann@localhost', 'ann@example.com, bob@example.com', 7, null, {}])(
    'takes the address %j for none',
    (address) => {
      const odd = oauth2({
        ...options,
        provesAddresses: 'verified',
        profile: () => ({ subject: '1', email: { address, isVerified: true } }),
      })
      expect(proof(odd, { further })).toEqual(none)
    },
  )
})

describe('the options of a provider', () => {
  test.each<[string, () => OAuthProvider, RegExp]>([
    ['google', () => google({ clientId: 'x' } as never), /clientSecret is missing/],
    ['google', () => google({ ...client, clientID: 'x' } as never), /clientID is not an option/],
    ['google', () => google({ ...client, clientId: '' }), /clientId must be a text/],
    ['oidc', () => oidc({ issuer: 'http://x.example', clientId: 'x' }), /must begin with https/],
    ['oidc', () => oidc({ issuer: 'x', clientId: 'x' }), /must be an address/],
    ['oidc', () => oidc({ issuer: 'https://x.example', clientId: 'x', scopes: [] }), /'openid'/],
    [
      'oauth2',
      () => oauth2({ label: 'x', issuer: 'https://x.example' } as never),
      /endpoints\.token/,
    ],
  ])('of %s() are judged', (_, make, problem) => {
    expect(make().problems.join('\n')).toMatch(problem)
  })

  test.each<[object, RegExp]>([
    [{ providers: {} }, /providers is empty/],
    [{ providers: { google } }, /is a function; call it: google/],
    [{ providers: { google: {} } }, /is no provider/],
    [{ providers: { identities: google(client) } }, /has the name 'identities'/],
    [{ providers: { 'a/b': google(client) } }, /has the name 'a\/b'/],
    [{ providers: { a: google(client), b: google(client) } }, /are one issuer/],
    [{ redirectBaseUrl: 'http://app.example.com' }, /must begin with https/],
    [{ redirectBaseUrl: 'https://app.example.com/?x' }, /without a query/],
    [{ errorPage: '//evil.example' }, /errorPage must be a path/],
    [{ errorPage: 'javascript:alert(1)' }, /errorPage must be a path/],
    [
      { redirectOrigins: ['https://app.example.com/'] },
      /redirectOrigins must be a list of origins/,
    ],
    [{ provider: {} }, /did you mean 'providers'/],
  ])('of oauth(%o) are judged', (options, problem) => {
    const given = {
      providers: { google: google(client) },
      redirectBaseUrl: 'https://app.example.com',
      ...options,
    }
    expect(oauth(given as never).problems.join('\n')).toMatch(problem)
  })
})
