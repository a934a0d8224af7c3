/**
 * How much of a table the doctor reads: the same of one with ten million rows.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { askedByDoctor } from '../support/doctor-statements.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const hasPostgres = await isReachable(postgres)
const hasMysql = await isReachable(mysql)

const name = `bounds_${randomBytes(4).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'crudauth-bounds-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** More than it looks at, and more than twice as many where a server counts what it puts aside. */
const rows = 300_000
const most = 100_000

/** A state, a number that says until when, and addresses: everything of which it reads rows. */
const columns =
  'email varchar(320) not null, password varchar(255), status varchar(20), banned_until bigint, level integer, deleted_at bigint'

const everybody = (n: string) =>
  `${n}, concat('person', ${n}, '@example.com'), 'x', 'active', 0, 0, 0`

/** The statements of one run that read the table itself, rather than what it is like. */
async function statementsOn(url: string) {
  const all = await askedByDoctor(url, name)
  const texts = all.map(({ text }) => text).filter((text) => text.includes(name))
  // Beginnings of hashes twice, two states and two numbers, addresses.
  expect(texts.length).toBeGreaterThan(5)
  for (const text of texts) {
    const [, order, limit] =
      new RegExp(`from ${name}( order by id desc)? limit (\\d+)\\b`).exec(text) ?? []
    expect(Number(limit), text).toBeLessThanOrEqual(most)
    if (order) expect(text).not.toContain('distinct')
  }
  return texts
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly PlanNode[]
}

/** How many rows the scans of a plan gave. */
function scanned(node: PlanNode): number {
  const own = / Scan$/.test(node['Node Type']) && node['Node Type'] !== 'Subquery Scan'
  const rows = own ? node['Actual Rows'] * node['Actual Loops'] : 0
  return (node.Plans ?? []).reduce((sum, plan) => sum + scanned(plan), rows)
}

describe('Of a large table the doctor reads a bounded part', () => {
  test.runIf(hasPostgres)('on PostgreSQL', async () => {
    const client = new Client(postgresUrl)
    await client.connect()
    try {
      await client.query(
        `create unlogged table ${name} (id integer, ${columns});
         insert into ${name} select ${everybody('n')} from generate_series(1, ${rows}) n;
         alter table ${name} add primary key (id); create unique index on ${name} (email)`,
      )
      for (const text of await statementsOn(postgresUrl)) {
        const explained = await client.query(`explain (analyze, format json) ${text}`)
        const plan = explained.rows[0]['QUERY PLAN'][0].Plan as PlanNode
        expect(scanned(plan), text).toBeGreaterThan(0)
        expect(scanned(plan), text).toBeLessThanOrEqual(most)
      }
    } finally {
      await client.query(`drop table if exists ${name}`)
      await client.end()
    }
  })

  test.runIf(hasMysql)('on MySQL', async () => {
    const client = await createConnection(mysqlUrl)
    const digits = `(${Array.from({ length: 10 }, (_, n) => `select ${n} d`).join(' union ')})`
    try {
      await client.query(
        `create table ${name} (id integer primary key, ${columns}, unique (email))`,
      )
      for (let from = 0; from < rows; from += 100_000) {
        await client.query(
          `insert into ${name} select ${everybody('n')} from (
             select ${from} + 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d as n
             from ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f) numbers order by n`,
        )
      }
      for (const text of await statementsOn(mysqlUrl)) {
        await client.query('flush status')
        await client.query(text)
        const [read] = await client.query(`show session status like 'Handler_read%'`)
        const values = (read as { Value: string }[]).map(({ Value }) => Number(Value))
        // What it put aside is read once more.
        const sum = values.reduce((one, other) => one + other, 0)
        expect(sum, text).toBeGreaterThan(0)
        expect(sum, text).toBeLessThan(2.5 * most)
      }
    } finally {
      await client.query(`drop table if exists ${name}`)
      await client.end()
    }
  })

  test('on SQLite', async () => {
    const path = join(folder, 'large.sqlite')
    const sqlite = new Database(path)
    sqlite.exec(`create table ${name} (id integer primary key, ${columns}, unique (email))`)
    for (const text of await statementsOn(path)) {
      const plan = sqlite.prepare(`explain query plan ${text}`).all() as { detail: string }[]
      expect(plan.map(({ detail }) => detail).join('\n')).not.toContain('FOR ORDER BY')
    }
    sqlite.close()
  })
})
