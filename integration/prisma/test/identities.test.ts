/**
 * Who an account is at providers through Prisma, as columns of the users' model and as a model of
 * its own: the port's kit, with and without tenants.
 */
import type { UserStore } from 'crudauth'
import { prismaIdentities, prismaUsers } from 'crudauth/prisma'
import { afterAll, beforeAll, describe, expectTypeOf, test } from 'vitest'
import { identitiesKit, twoTenants } from '../../../test/support/identities-kit.ts'
import { type Server, servers } from '../servers.ts'

const anyStore = (store: unknown) => store as UserStore

const people = ({ prisma }: Server) =>
  anyStore(prismaUsers(prisma, 'person', { unique: ['email', 'googleId', 'customId'] }))

const peopleOfTenants = ({ prisma }: Server) =>
  anyStore(
    prismaUsers(prisma, 'tenantPerson', {
      unique: ['email', 'googleId', 'customId'] as never,
      tenant: 'tenant',
    }),
  )

describe.each(Object.entries(servers))('Identities: Prisma over %s', (_, { isThere, open }) => {
  describe.runIf(isThere)('conforms', () => {
    let server: Server
    beforeAll(async () => {
      server = await open()
    })
    afterAll(() => server.close())

    describe('in columns', () => {
      identitiesKit(async () => ({ users: people(server), close: server.emptied }))
    })

    describe('in columns, with tenants', () => {
      identitiesKit(
        async () => ({ users: peopleOfTenants(server), close: server.emptied }),
        twoTenants,
      )
    })

    describe('in a table', () => {
      identitiesKit(async () => ({
        users: people(server),
        rows: prismaIdentities(server.prisma, 'identity'),
        close: server.emptied,
      }))
    })

    describe('in a table, with tenants', () => {
      identitiesKit(
        async () => ({
          users: peopleOfTenants(server),
          rows: mapped(server),
          close: server.emptied,
        }),
        twoTenants,
      )
    })
  })
})

/** Under names of the application's, with a number for the owner. */
const mapped = ({ prisma }: Server) =>
  prismaIdentities(prisma, 'tenantIdentity', {
    columns: {
      id: 'key',
      userId: 'owner',
      identityKey: 'digest',
      accountKey: 'place',
      createdAt: 'made',
    },
    tenant: 'org',
  })

test('a map of identities is checked against the model', () => {
  const wrong = ({ prisma }: Server) => [
    // @ts-expect-error no such model
    prismaIdentities(prisma, 'nothing'),
    // @ts-expect-error no such field
    prismaIdentities(prisma, 'tenantIdentity', { columns: { userId: 'user' } }),
    // @ts-expect-error a field of the wrong type
    prismaIdentities(prisma, 'tenantIdentity', { columns: { createdAt: 'place' } }),
    // @ts-expect-error the tenant is text, or a whole number
    prismaIdentities(prisma, 'tenantIdentity', { tenant: 'made' }),
  ]
  expectTypeOf(wrong).toBeFunction()
})
