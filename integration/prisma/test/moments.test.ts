/**
 * Moments in a `BigInt` field.
 */
import { timestampFlag, timestampUntil } from 'crudauth'
import { prismaUsers } from 'crudauth/prisma'
import { describe, expect, test } from 'vitest'
import { application } from '../../../test/support/application.ts'
import { servers } from '../servers.ts'

describe.each(Object.entries(servers))('A BigInt of moments over %s', (_, { isThere, open }) => {
  test.runIf(isThere)('is written and read as a flag, and refused in another form', async () => {
    const server = await open()
    const { prisma } = server
    const passwords = {
      model: 'credential',
      user: 'userId',
      hash: 'password',
      only: { providerId: 'credential' },
      unique: ['userId', 'providerId'],
      insert: ({ email }: { email: string }) => ({ id: email, accountId: email }),
    } as const
    const users = prismaUsers(prisma, 'holder', {
      unique: ['email'],
      columns: { isActive: { property: 'seen', codec: timestampUntil('milliseconds-bigint') } },
      passwords,
    })
    expect(users.problems).toEqual([])
    const { browser, logIn, auth, clock } = application({ users })
    const body = { email: 'a@example.com', password: 'correct horse battery' }
    expect((await browser().post('/register', body)).status).toBe(200)
    expect((await logIn(body.email)).status).toBe(200)
    const { id } = (await users.find('email', body.email, {})) ?? { id: 0 }
    await auth.users.disable(id)
    const row = await prisma.holder.findFirst()
    expect(row?.seen).toBeGreaterThan(BigInt(clock.read()))
    expect((await logIn(body.email)).status).toBe(401)
    await auth.users.enable(id)
    expect(await prisma.holder.findFirst()).toMatchObject({ seen: null })
    expect((await logIn(body.email)).status).toBe(200)

    const { problems } = prismaUsers(prisma, 'holder', {
      unique: ['email'],
      // @ts-expect-error Prisma hands over no number
      columns: { emailVerified: { property: 'seen', codec: timestampFlag('seconds') } },
      passwords,
    })
    expect(problems).toEqual([
      expect.stringContaining("timestampFlag('seconds-bigint') or 'milliseconds-bigint'"),
    ])
    await server.close()
  })
})
