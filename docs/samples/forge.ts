import { oauth2 } from 'crudauth/oauth'

export const forge = oauth2({
  label: 'Forge',
  issuer: 'https://forge.example',
  clientId: 'shop',
  clientSecret: 'secret',
  endpoints: {
    authorization: 'https://forge.example/oauth/authorize',
    token: 'https://forge.example/oauth/token',
  },
  further: { me: { url: 'https://forge.example/api/me' } },
  profile: ({ me }) => {
    const { id, mail, mail_ok } = Object(me) as Record<string, unknown>
    return { subject: id, email: { address: mail, isVerified: mail_ok === true } }
  },
  provesAddresses: 'verified',
})
