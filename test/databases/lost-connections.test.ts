/**
 * A connection of node-postgres that ends inside of a transaction of ours: an error of that
 * transaction, and of nothing else.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StoreUnavailable } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { drizzle as drizzleNext } from 'drizzle-orm-1/node-postgres'
import { Pool, type PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transactionsOf } from '../../src/databases/drizzle/transactions.ts'
import { tableStatements } from '../support/create-table.ts'
import { isReachable, postgres, postgresUrl } from '../support/services.ts'

const run = promisify(execFile)
const child = join(import.meta.dirname, '../support/lost-connection-child.ts')
const name = () => `lost_${randomBytes(4).toString('hex')}`

function tables(table: string) {
  return {
    people: pgTable(table, {
      id: serial().primaryKey(),
      email: text().notNull().unique(),
      tokenVersion: integer('token_version').notNull().default(0),
    }),
    hashes: pgTable(`${table}_hashes`, {
      userId: integer('user_id').primaryKey(),
      hash: text().notNull(),
    }),
  }
}

describe.runIf(await isReachable(postgres))('A connection that ends in a transaction', () => {
  const admin = new Pool({ connectionString: postgresUrl })
  afterAll(() => admin.end())
  const create = async (table: string) => {
    const made = tables(table)
    for (const statement of [made.people, made.hashes].flatMap(tableStatements)) {
      await admin.query(statement)
    }
    return made
  }
  const drop = async (table: string) => {
    await admin.query(`drop table ${table}, ${table}_hashes`)
    await admin.query(`drop function if exists ${table}_end cascade`)
  }

  test.each(['before-begin', 'at-a-statement', 'between-statements'])(
    'does not end a program that listens to nothing: %s',
    async (moment) => {
      const table = name()
      await create(table)
      const { stdout } = await run(process.execPath, [child, postgresUrl, table, moment])
      expect(JSON.parse(stdout)).toEqual({
        error: 'StoreUnavailable',
        hash: 'old',
        epoch: 0,
        nobody: null,
      })
      await drop(table)
    },
  )

  // Whether that program ends is the driver's affair.
  test('of postgres.js leaves both rows as they were', async () => {
    const table = name()
    await create(table)
    const args = [child, postgresUrl, table, 'at-a-statement', 'postgres.js']
    await run(process.execPath, args, { timeout: 20_000 }).catch(() => undefined)
    const { rows } = await admin.query(
      `select email, token_version, hash from ${table} join ${table}_hashes on user_id = id`,
    )
    expect(rows).toEqual([{ email: 'a@example.com', token_version: 0, hash: 'old' }])
    await drop(table)
  })

  describe('in a pool', () => {
    const table = name()
    const pool = new Pool({ connectionString: postgresUrl, max: 1 })
    let clients: PoolClient[] = []
    const { people, hashes } = tables(table)
    const users = drizzleUsers(drizzle(pool), people, {
      passwords: { table: hashes, user: 'userId', hash: 'hash' },
    })
    pool.on('acquire', (client) => clients.push(client))
    beforeAll(() => create(table))
    afterAll(async () => {
      await pool.end()
      await drop(table)
    })

    test('what listens does so for as long as the transaction', async () => {
      const { id } = await users.insert({ email: 'a@example.com', hashedPassword: 'x' }, {})
      const idle = clients.at(-1)?.listenerCount('error')
      for (let n = 0; n < 20; n++) await users.update(id, { hashedPassword: `${n}` }, {})
      const insert = users.insert({ email: 'b@example.com', hashedPassword: 'x' }, {}, async () => {
        throw new Error('no')
      })
      await expect(insert).rejects.toThrow('no')
      expect(new Set(clients).size).toBe(1)
      expect(clients.at(-1)?.listenerCount('error')).toBe(idle)
    })

    test.each([
      ['Drizzle', drizzle(pool)],
      ['Drizzle 1', drizzleNext({ client: pool })],
    ])('what listens does so from before the first statement: %s', async (_, db) => {
      const transact = transactionsOf(db)
      clients = []
      const seen = await transact(() => clients.map((client) => client.listenerCount('error')))
      expect(seen).toEqual([1])
      await expect(transact(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
      const [client] = clients
      await transact(() => undefined)
      // What the pool itself listens to while it is idle.
      expect(client?.listenerCount('error')).toBe(1)
      expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
    })

    test('what the application takes for itself has no listener of ours', async () => {
      const client = await pool.connect()
      expect(client.listenerCount('error')).toBe(0)
      client.release()
    })

    test('what the application listens to, it hears', async () => {
      const { id } = await users.insert({ email: 'c@example.com', hashedPassword: 'x' }, {})
      const heard: string[] = []
      clients = []
      pool.once('acquire', (client) =>
        client.on('error', (error: Error) => heard.push(error.message)),
      )
      const insert = users.insert(
        { email: 'd@example.com', hashedPassword: 'x' },
        {},
        async (tx) => {
          const { rows } = await tx.execute('select pg_backend_pid() as pid')
          await admin.query('select pg_terminate_backend($1, 5000)', [rows[0]?.['pid']])
        },
      )
      await expect(insert).rejects.toBeInstanceOf(StoreUnavailable)
      expect(heard.join()).toMatch(/terminat/i)
      expect(await users.find('id', id, {})).toMatchObject({ email: 'c@example.com' })
    })
  })
})
