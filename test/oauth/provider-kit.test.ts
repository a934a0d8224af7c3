/**
 * The kit for providers: passed by those that ship and by one of an application's own, and failed
 * by each that breaks a rule.
 */
import { github, google, type OAuth2Options, oauth2 } from 'crudauth/oauth'
import { oauthProviderConformance, type ProviderExample } from 'crudauth/testing'
import { describe, expect, test } from 'vitest'

const client = { clientId: 'shop', clientSecret: 'secret' }
const forge: OAuth2Options = {
  label: 'Forge',
  issuer: 'https://forge.example',
  ...client,
  endpoints: { authorization: 'https://forge.example/a', token: 'https://forge.example/t' },
  further: { me: { url: 'https://forge.example/api/me' } },
  profile: ({ me }) => {
    const { id, mail, mail_ok } = Object(me) as Record<string, unknown>
    return { subject: id, email: { address: mail, isVerified: mail_ok === true } }
  },
  provesAddresses: 'verified',
}
const ann: ProviderExample = {
  name: 'an account',
  answers: { further: { me: { id: 7, mail: 'Ann@Example.com', mail_ok: true } } },
  subject: '7',
  email: 'ann@example.com',
  isEmailProven: true,
}
const examples = [
  ann,
  {
    ...ann,
    name: 'an account whose address is not verified',
    answers: { further: { me: { id: 7, mail: 'ann@example.com', mail_ok: false } } },
    isEmailProven: false,
  },
]

describe.each([
  ['one of an application’s own', { provider: oauth2(forge), examples }],
  [
    'google()',
    {
      provider: google(client),
      examples: [
        {
          ...ann,
          answers: { idToken: { sub: '107', email: 'ann@example.com', email_verified: true } },
          subject: '107',
        },
      ],
    },
  ],
  [
    'github()',
    {
      provider: github(client),
      examples: [
        {
          ...ann,
          answers: {
            further: {
              user: { id: 583231, login: 'ann' },
              emails: [{ email: 'ann@example.com', primary: true, verified: true }],
            },
          },
          subject: '583231',
        },
      ],
    },
  ],
])('the kit over %s', (_, setup) => {
  for (const { name, run } of oauthProviderConformance(setup)) test(name, run)
})

type Read = (me: Record<string, unknown>) => ReturnType<OAuth2Options['profile']>
const reading = (read: Read): Partial<OAuth2Options> => ({
  profile: ({ me }) => read(Object(me) as Record<string, unknown>),
})

describe('the kit finds a provider', () => {
  test.each<[string, Partial<OAuth2Options>, string]>([
    ['with a problem', { label: '' }, 'has no problems'],
    [
      'that is asked without TLS',
      { further: { me: { url: 'http://forge.example/api/me' } } },
      'pages over TLS',
    ],
    ['that takes anything for somebody', reading(() => ({ subject: 'x' })), 'for nobody'],
    [
      'that keeps what it read',
      reading((me) => {
        me['seen'] = true
        return { subject: me['id'] }
      }),
      'changes no answer',
    ],
    [
      'that takes the address for the subject',
      reading((me) => ({ subject: me['mail'] })),
      'identity',
    ],
    [
      'that believes any flag',
      reading(({ id, mail, mail_ok }) => ({
        subject: id,
        email: { address: mail, isVerified: mail_ok !== undefined },
      })),
      'whose flag says no',
    ],
    [
      'that says somebody else',
      reading(({ id }) => ({ subject: typeof id === 'number' ? id + 1 : null })),
      'says who it is',
    ],
  ])('%s', async (_, change, broken) => {
    const cases = oauthProviderConformance({ provider: oauth2({ ...forge, ...change }), examples })
    const failed: string[] = []
    for (const { name, run } of cases) {
      await run().catch(() => failed.push(name))
    }
    expect(
      failed.some((name) => name.includes(broken)),
      failed.join('\n'),
    ).toBe(true)
  })
})
