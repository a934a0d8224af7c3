/** What the doctor opens a database with can write nothing, whoever it is opened as. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/cli/doctor/connection.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const hasPostgres = await isReachable(postgres)
const hasMysql = await isReachable(mysql)

const folder = mkdtempSync(join(tmpdir(), 'crudauth-connection-'))
afterAll(() => rmSync(folder, { recursive: true }))

const table = `read_only_${randomBytes(4).toString('hex')}`
const writes = [
  `insert into ${table} (id) values (2)`,
  `update ${table} set id = 3`,
  `delete from ${table}`,
  `create table ${table}_other (id integer)`,
  `drop table ${table}`,
]

/** A statement that answers is run where another would be refused for having no answer. */
const answering = [`insert into ${table} (id) values (2) returning id`]

async function writesNothing(url: string, statements: readonly string[] = writes): Promise<void> {
  const connection = await connect(url)
  try {
    for (const write of statements) await expect(connection.query(write), write).rejects.toThrow()
    const rows = await connection.query(`select id from ${table}`)
    expect(rows.map(({ id }) => Number(id))).toEqual([1])
  } finally {
    await connection.close()
  }
}

describe('A connection of the doctor writes nothing', () => {
  test.runIf(hasPostgres)('to PostgreSQL', async () => {
    const client = new Client(postgresUrl)
    await client.connect()
    try {
      await client.query(`create table ${table} (id integer); insert into ${table} values (1)`)
      await writesNothing(postgresUrl)
    } finally {
      await client.query(`drop table if exists ${table}, ${table}_other`)
      await client.end()
    }
  })

  test.runIf(hasMysql)('to MySQL', async () => {
    const client = await createConnection(mysqlUrl)
    try {
      await client.query(`create table ${table} (id integer)`)
      await client.query(`insert into ${table} values (1)`)
      await writesNothing(mysqlUrl)
    } finally {
      await client.query(`drop table if exists ${table}, ${table}_other`)
      await client.end()
    }
  })

  const path = join(folder, 'app.sqlite')
  const sqlite = new Database(path)
  sqlite.exec(`create table ${table} (id integer); insert into ${table} values (1)`)
  sqlite.close()

  test('to SQLite', () => writesNothing(path, [...writes, ...answering]))

  test('to SQLite by the Node that there is', () => {
    const broken = join(folder, 'node_modules/better-sqlite3')
    mkdirSync(broken, { recursive: true })
    writeFileSync(join(broken, 'package.json'), '{"name":"better-sqlite3","main":"index.js"}')
    writeFileSync(join(broken, 'index.js'), "throw new Error('no bindings')")
    const source = join(import.meta.dirname, '../../src/cli/doctor/connection.ts')
    const script = `
      const { connect } = await import(${JSON.stringify(source)})
      const { query } = await connect(${JSON.stringify(path)})
      const outcome = (write) => query(write).then(() => 'written', ({ message }) => message)
      for (const write of ${JSON.stringify(writes)}) console.log(await outcome(write))`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1' } },
    )
    expect(stderr).toBe('')
    const refused = stdout.trim().split('\n')
    expect(refused).toEqual(writes.map(() => 'attempt to write a readonly database'))
  })
})
