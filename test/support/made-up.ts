/**
 * Features that only tests have: a second factor, a proof of one's own, logins of one's own. They
 * stand for what comes: codes, links, passkeys.
 */
import * as z from 'zod'
import type { Carrier } from '../../src/credentials/carrier.ts'
import type { FurtherProof, ProofMethod } from '../../src/credentials/proof.ts'
import type { StoredLogins } from '../../src/credentials/revocation.ts'
import { AuthError } from '../../src/errors.ts'
import type { Feature, House, Wired } from '../../src/feature.ts'
import { route } from '../../src/http/route.ts'

export function feature<const Name extends string>(
  name: Name,
  wire: () => Wired,
): Feature<Name, Name> {
  return { name, key: name, problems: [], wire }
}

/** The code that proves, whoever one is. */
export const rightCode = '123456'

const errors = [
  'incorrect_credentials',
  'further_proof_required',
  'sign_in_ended',
  'hook_failed',
  'storage_unavailable',
] as const

const done = z.looseObject({}).meta({ id: 'MadeUpDone' })

/**
 * A second factor, with `POST /prove/<name>`, which takes its code and goes on with the sign-in.
 */
export function factor<const Name extends string = 'made-up'>(
  isWanted: FurtherProof['isWanted'] = () => true,
  name: Name = 'made-up' as Name,
): Feature<Name, Name> {
  return feature(name, () => ({
    furtherProof: { name, isWanted },
    mount: ({ signIn }) => ({
      routes: [
        route({
          method: 'POST',
          path: `/prove/${name}`,
          operation: {
            id: `prove-${name}`,
            summary: 'Prove it',
            responses: { 200: { description: 'Signed in.', schema: done, cookies: ['session'] } },
            errors,
            errorsWithCookies: ['further_proof_required'],
          },
          body: z.object({ code: z.string(), pending: z.string().optional() }),
          ownOrigin: true,
          async handle({ exchange, body: { code, pending } }) {
            if (code !== rightCode) throw new AuthError('incorrect_credentials', 'Wrong code.')
            const { body, cookies } = await signIn.resume(exchange, name, pending)
            return { status: 200, body, cookies }
          },
        }),
      ],
    }),
  }))
}

/** `POST /arrive`: whoever names a user is taken for them. */
export function arrival(method: ProofMethod = 'link'): Feature<'arrival', 'arrival'> {
  return feature('arrival', () => ({
    mount: (house) => ({
      routes: [
        route({
          method: 'POST',
          path: '/arrive',
          operation: {
            id: 'arrive',
            summary: 'Arrive by a link',
            responses: { 200: { description: 'Signed in.', schema: done, cookies: ['session'] } },
            errors,
            errorsWithCookies: ['further_proof_required'],
          },
          body: z.object({ username: z.string(), remember_me: z.boolean().default(false) }),
          ownOrigin: true,
          async handle({ exchange, body: { username, remember_me: rememberMe } }) {
            const row = await house.accounts.byIdentifier(username, exchange.scope)
            if (row === null) throw new AuthError('incorrect_credentials', 'Nobody.')
            const proof = { method, row, provenAt: house.clock() }
            const place = { exchange, scope: exchange.scope }
            const { body, cookies } = await house.signIn.complete(place, proof, sessionsOf(house), {
              rememberMe,
            })
            return { status: 200, body, cookies }
          },
        }),
      ],
    }),
  }))
}

function sessionsOf({ carriers }: House): Carrier {
  const found = carriers.find(({ name }) => name === 'session')
  if (!found) throw new Error('no sessions')
  return found as unknown as Carrier
}

/** Logins of one's own, which note what ended them. */
export function logins<const Name extends string = 'logins'>(
  ended: unknown[],
  endAll: StoredLogins['endAll'] = async () => 0,
  name: Name = 'logins' as Name,
): Feature<Name, Name> {
  return feature(name, () => ({
    logins: {
      endAll(scope, owner, except) {
        ended.push({ ended: owner.id, except })
        return endAll(scope, owner, except)
      },
    },
  }))
}
