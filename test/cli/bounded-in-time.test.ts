/**
 * A database that does not answer in time: the doctor gives up, says what it does not know, calls
 * nothing ready, and leaves no statement behind.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, connect as openSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { connect } from '../../src/cli/doctor/connection.ts'
import { readingOf } from '../../src/cli/doctor/reading.ts'
import { Unanswered } from '../../src/cli/doctor/unanswered.ts'
import { said, told } from '../support/doctor-said.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const name = `slow_${randomBytes(4).toString('hex')}`
const people =
  'email varchar(255) not null unique, password varchar(255), status varchar(20), deleted_at bigint'
const soon = { timeoutSeconds: 0.3 }
const what = [
  'which values status has: the database did not answer within 0.3 s',
  'whether deleted_at counts seconds or milliseconds: the database did not answer',
  'which hashes there are, and so whether anybody could log in with theirs: the database did not',
]

async function isNotReady(url: string, table: string): Promise<void> {
  const { ready, unknown } = await said(url, { table, ...soon })
  expect(ready).toBe(false)
  for (const one of what) expect(unknown.join('\n')).toContain(one)
  const { output, exitCode } = await told(url, { table, ...soon })
  expect(output).toContain(`Not known:\n\n  which values status has`)
  expect(output).not.toContain('Ready:')
  expect(exitCode).toBe(1)
}

describe.runIf(await isReachable(postgres))('PostgreSQL', () => {
  const withTable = async (work: (client: Client, url: string) => Promise<void>) => {
    const client = new Client(postgresUrl)
    await client.connect()
    try {
      await client.query(
        `create schema ${name}; create table ${name}.users (id serial primary key, ${people});
         insert into ${name}.users (email, status) values ('a', 'active');
         create role ${name} login; grant usage on schema ${name} to ${name};
         grant select on all tables in schema ${name} to ${name}`,
      )
      await work(client, Object.assign(new URL(postgresUrl), { username: name }).href)
    } finally {
      await client.query(`rollback; drop schema ${name} cascade; drop role ${name}`)
      await client.end()
    }
  }

  test('whose table another connection has locked', () =>
    withTable(async (client, url) => {
      await client.query(`begin; lock table ${name}.users in access exclusive mode`)
      // What the table is like may be locked with it, and then nothing is known.
      const seen = await said(url, { table: `${name}.users`, ...soon }).catch((error) => error)
      if (seen instanceof Unanswered) expect(seen.message).toContain('--timeout gives it longer')
      else await isNotReady(url, `${name}.users`)
      await client.query('rollback')
      const { ready, unknown } = await said(url, { table: `${name}.users`, ...soon })
      expect({ ready, unknown }).toEqual({ ready: true, unknown: [] })
    }))

  test('that works on a view for an hour, and is told to stop', () =>
    withTable(async (client, url) => {
      await client.query(
        `create view ${name}.people as select u.* from ${name}.users u, pg_sleep(3600); grant select on ${name}.people to ${name}`,
      )
      await isNotReady(url, `${name}.people`)
      const { rows } = await client.query(
        `select query from pg_stat_activity where usename = '${name}' and state = 'active'`,
      )
      expect(rows).toEqual([])
    }))

  test('that lets the user read some columns only', () =>
    withTable(async (client, url) => {
      await client.query(
        `revoke select on ${name}.users from ${name}; grant select (id, email, status, deleted_at) on ${name}.users to ${name}`,
      )
      const { ready, unknown } = await said(url, { table: `${name}.users` })
      expect(ready).toBe(false)
      expect(unknown).toEqual([
        'which hashes there are, and so whether anybody could log in with theirs: this user may not read that',
      ])
    }))

  test('whose connections a pooler lends to others, finds them as they were', () =>
    withTable(async (client, url) => {
      const lent: Client[] = []
      const end = vi.spyOn(Client.prototype, 'end').mockImplementation(function (this: Client) {
        lent.push(this)
        return Promise.resolve()
      })
      await said(url, { table: `${name}.users` })
      end.mockRestore()
      const settings = [
        'transaction_read_only',
        'default_transaction_read_only',
        'statement_timeout',
      ]
      const values = async (of: Client | undefined) => {
        const text = settings.map((one) => `current_setting('${one}') as ${one}`).join(', ')
        return (await of?.query(`select ${text}`))?.rows
      }
      expect(lent).toHaveLength(1)
      expect(await values(lent[0])).toEqual(await values(client))
      for (const one of lent) await one.end()
    }))
})

describe.runIf(await isReachable(mysql))('MySQL and MariaDB', () => {
  const withTable = async (
    work: (client: Awaited<ReturnType<typeof createConnection>>, url: string) => Promise<void>,
  ) => {
    const client = await createConnection({ uri: mysqlUrl, multipleStatements: true })
    const user = (host: string) =>
      `create user '${name}'@'${host}' identified by 'secret'; grant select on ${name}.* to '${name}'@'${host}'`
    try {
      await client.query(
        `create database ${name}; use ${name}; create table users (id int auto_increment primary key, ${people});
         insert into users (email, status) values ('a', 'active'); ${user('%')}; ${user('localhost')}`,
      )
      const login = { username: name, password: 'secret', pathname: name }
      await work(client, Object.assign(new URL(mysqlUrl), login).href)
    } finally {
      await client.query(
        `unlock tables; drop database ${name}; drop user '${name}'@'%'; drop user '${name}'@'localhost'`,
      )
      await client.end()
    }
  }

  test('whose table another connection has locked', () =>
    withTable(async (client, url) => {
      await client.query('lock tables users write')
      await isNotReady(url, 'users')
      await client.query('unlock tables')
      const { ready, unknown } = await said(url, { table: 'users', ...soon })
      expect({ ready, unknown }).toEqual({ ready: true, unknown: [] })
    }))

  test('that works on a view for an hour, and is told to stop', () =>
    withTable(async (client, url) => {
      await client.query('create view people as select * from users where sleep(3600) = 0')
      await isNotReady(url, 'people')
      const [rows] = await client.query(
        `select info from information_schema.processlist where user = '${name}' and info is not null`,
      )
      expect(rows).toEqual([])
    }))
})

describe.runIf(await isReachable(mysql))('MySQL and MariaDB while connecting', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each(['', 'select version()', 'set session'])(
    'that fall silent, at the latest when they hear "%s"',
    async (last) => {
      const { port: target, hostname } = new URL(mysqlUrl)
      const sockets: Socket[] = []
      let isSilent = () => {}
      const silent = new Promise<void>((resolve) => {
        isSilent = resolve
      })
      const proxy = createServer((near) => {
        const far = openSocket(Number(target) || 3306, hostname)
        sockets.push(near, far)
        // The empty text is heard at once: then not even a greeting arrives.
        let answers = last !== ''
        far.on('data', (chunk) => (answers ? near.write(chunk) : isSilent()))
        near.on('data', (chunk) => {
          answers &&= !chunk.includes(last)
          if (answers) far.write(chunk)
          else isSilent()
        })
        for (const socket of [near, far]) socket.on('error', () => undefined)
      })
      proxy.listen(0, '127.0.0.1')
      await once(proxy, 'listening')
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      try {
        const { port } = proxy.address() as AddressInfo
        const url = Object.assign(new URL(mysqlUrl), { hostname: '127.0.0.1', port: String(port) })
        const connected = connect(url.href, 0.3).catch((error: unknown) => error)
        await silent
        await vi.advanceTimersByTimeAsync(6000)
        const error = await connected
        expect(error).toBeInstanceOf(Unanswered)
        expect((error as Error).message).toContain('did not answer within 0.3 s')
      } finally {
        for (const socket of sockets) socket.destroy()
        proxy.close()
      }
    },
  )
})

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-slow-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('whose file another connection has locked', async () => {
    const path = join(folder, 'app.db')
    const sqlite = new Database(path)
    sqlite.exec(`create table users (id integer primary key, ${people})`)
    sqlite.exec('begin exclusive')
    await expect(told(path, { table: 'users', timeoutSeconds: 0.05 })).rejects.toThrow(
      'the database did not answer within 0.05 s: it is busy, or another connection has a lock',
    )
    sqlite.exec('rollback')
    expect((await said(path, { table: 'users' })).unknown).toEqual([])
    sqlite.close()
  })
})

test('All reads together are bounded, too: those after them are not sent', async () => {
  let now = 0
  const sent: string[] = []
  const reading = readingOf(
    {
      dialect: 'postgresql',
      seconds: 5,
      async query(text) {
        sent.push(text)
        now += 5000
        throw new Unanswered('time', 5)
      },
      close: async () => undefined,
    },
    () => now,
  )
  for (const text of ['1', '2', '3', '4', '5']) {
    expect(await reading.rows(text, `what ${text} says`)).toBeNull()
  }
  expect(sent).toEqual(['1', '2', '3', '4'])
  expect(reading.unknown).toHaveLength(5)
  expect(reading.unknown[4]).toContain('what 5 says: not asked any more')
})

test('A mistake of ours is no question of time', async () => {
  const query = async () => {
    throw new Error('syntax error')
  }
  const connection = { dialect: 'sqlite', seconds: 5, query, close: async () => undefined } as const
  await expect(readingOf(connection).rows('selec', 'anything')).rejects.toThrow('syntax error')
})
