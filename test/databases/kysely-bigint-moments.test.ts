/**
 * Moments that Kysely's usual driver for PostgreSQL hands over as the digits of a `bigint`.
 */
import { randomBytes } from 'node:crypto'
import { timestampFlag, timestampUntil } from 'crudauth'
import { kyselyUsers } from 'crudauth/kysely'
import type { ColumnType, Generated } from 'kysely'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { kyselyDrivers } from '../support/drivers.ts'

/** As kysely-codegen writes it. */
type Int8 = ColumnType<string, bigint | number | string, bigint | number | string>

interface Row {
  id: Generated<number>
  email: string
  pw_hash: string
  banned_until: Int8 | null
  admin_since: Int8
}

const { isThere, open } = kyselyDrivers['Kysely over pg']

describe.runIf(isThere)('A bigint of moments over Kysely and pg', () => {
  test('is written, and read as a flag', async () => {
    const table = `moments_${randomBytes(4).toString('hex')}`
    const { db, run, close } = open<Row>()
    await run(
      `create table ${table} (id serial primary key, email text not null unique, pw_hash text not null, banned_until bigint, admin_since bigint not null)`,
    )
    const users = kyselyUsers(db, table, {
      columns: {
        id: 'id',
        email: 'email',
        hashedPassword: 'pw_hash',
        isActive: { property: 'banned_until', codec: timestampUntil('seconds-text') },
        isSuperuser: {
          property: 'admin_since',
          codec: timestampFlag('milliseconds-text', { unset: '0' }),
        },
      },
      unique: ['email'],
    })
    expect(users.problems).toEqual([])
    const { browser, logIn, auth, clock } = application({ users })
    const body = { email: 'a@example.com', password: 'correct horse battery' }
    expect((await browser().post('/register', body)).status).toBe(200)
    const stored = () => db.selectFrom(table).select(['banned_until', 'admin_since']).execute()
    expect(await stored()).toEqual([{ banned_until: null, admin_since: '0' }])
    const { status, me } = await logIn(body.email)
    expect([status, me]).toMatchObject([200, { is_superuser: false }])

    await auth.users.disable(1)
    const [row] = await stored()
    expect(Number(row?.banned_until)).toBeGreaterThan(clock.read() / 1000)
    expect((await logIn(body.email)).status).toBe(401)
    await auth.users.enable(1)
    expect(await stored()).toMatchObject([{ banned_until: null }])
    await db
      .updateTable(table)
      .set({ admin_since: clock.read() } as never)
      .execute()
    expect(await logIn(body.email)).toMatchObject({ status: 200, me: { is_superuser: true } })
    await run(`drop table ${table}`)
    await close()
  })

  test('does not compile in a form that the column does not have', () => {
    const { db, close } = open<Row>()
    const columns = { id: 'id', email: 'email', hashedPassword: 'pw_hash' } as const
    const wrong = () =>
      kyselyUsers(db, 'people', {
        columns: {
          ...columns,
          // @ts-expect-error the driver hands over no number
          isActive: { property: 'banned_until', codec: timestampUntil('seconds') },
        },
        unique: ['email'],
      })
    expect(wrong).toBeTypeOf('function')
    return close()
  })
})
