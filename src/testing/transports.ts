/**
 * The conformance kit of the transport port: what an application may rely on, whatever carries the
 * credential. It looks at a transport from outside, as it is mounted.
 */
import { AuthError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import {
  atOnce,
  type ConformanceCase,
  expect,
  expectEqual,
  expectRejection,
} from './conformance.ts'

/** What the kit needs of `crudAuth()`'s result. */
export interface Authenticates {
  authenticate(
    request: Request,
    gate: { transport: string; optional?: boolean },
  ): Promise<Principal | null>
}

/** How the kit gets the transport that it tests. */
export interface TransportSetup {
  /** The transport's name, as it is configured. */
  readonly name: string
  /** An application in which the transport is mounted, and one active user. */
  create(): Promise<TransportWorld>
}

/** An application with the transport, and the requests that the kit sends. */
export interface TransportWorld {
  readonly auth: Authenticates
  readonly userId: string | number | bigint
  /** A new request, with a safe method and without any credential. */
  bare(): Request
  /** A new request with a credential of the user. */
  valid(): Request
  /** A new request with something that is no credential of anybody, such as one made up. */
  invalid(): Request
  /** How `invalid` is answered: an unknown session counts as absent, a bad token is refused. */
  readonly invalidIs: 'refused' | 'absent'
  /** Texts that must not appear on a principal. */
  readonly secrets: readonly string[]
  /** Disables the user. */
  disable(): Promise<void>
}

interface Tools extends TransportWorld {
  readonly strict: { readonly transport: string }
  readonly optional: { readonly transport: string; readonly optional: true }
}

const cases: Readonly<Record<string, (tools: Tools) => Promise<void>>> = {
  async 'without a credential nobody is calling'({ auth, bare, strict, optional }) {
    expectEqual(await auth.authenticate(bare(), optional), null, 'under optional')
    await expectStatus(auth.authenticate(bare(), strict), 401)
  },

  async 'a credential makes the principal of its user'({ auth, valid, strict, userId }) {
    const principal = await auth.authenticate(valid(), strict)
    expectEqual(principal?.userId, userId, 'userId')
    expectEqual(principal?.transport, strict.transport, 'transport')
    expect(Array.isArray(principal?.scopes), 'scopes are a list')
  },

  async 'the principal is frozen and holds nothing secret'({ auth, valid, strict, secrets }) {
    const principal = await auth.authenticate(valid(), strict)
    for (const part of [principal, principal?.user, principal?.scopes, principal?.metadata]) {
      expect(Object.isFrozen(part), 'frozen throughout')
    }
    const text = JSON.stringify(principal, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    for (const secret of secrets) expect(!text.includes(secret), 'a secret is on the principal')
  },

  async 'a credential works for many requests at once'({ auth, valid, strict, userId }) {
    const principals = await atOnce(20, () => auth.authenticate(valid(), strict))
    expect(
      principals.every((principal) => principal?.userId === userId),
      'each is the user',
    )
  },

  async 'what is no credential is refused even under optional, or is absent'(tools) {
    const { auth, invalid, strict, optional, invalidIs } = tools
    await expectStatus(auth.authenticate(invalid(), strict), 401)
    if (invalidIs === 'refused') await expectStatus(auth.authenticate(invalid(), optional), 401)
    else expectEqual(await auth.authenticate(invalid(), optional), null, 'under optional')
  },

  async 'the credential of a disabled user is absent'({ auth, valid, strict, optional, disable }) {
    const presented = valid()
    await disable()
    expectEqual(await auth.authenticate(presented, optional), null, 'under optional')
    await expectStatus(auth.authenticate(valid(), strict), 401)
  },
}

async function expectStatus(work: Promise<unknown>, status: number): Promise<void> {
  const error = await expectRejection(work, 'authenticate')
  expect(error instanceof AuthError, `rejects with an AuthError, not ${String(error)}`)
  expectEqual(error.status, status, 'status')
}

/**
 * The cases that a transport has to pass.
 *
 * @example
 * ```ts
 * for (const { name, run } of transportConformance({ name: 'badge', create })) test(name, run)
 * ```
 */
export function transportConformance(setup: TransportSetup): ConformanceCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const strict = { transport: setup.name }
      await check({ ...(await setup.create()), strict, optional: { ...strict, optional: true } })
    },
  }))
}
