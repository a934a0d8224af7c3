/**
 * `crudauth doctor` against a table of ten million narrow rows on each database that is there: how
 * long it takes, and which statements take how much of it. Fills and drops the tables, which needs
 * three gigabytes and a quarter of an hour; `ROWS=100000` tries it out.
 */
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { askedByDoctor } from '../test/support/doctor-statements.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../test/support/services.ts'

const rows = Number(process.env['ROWS'] ?? 10_000_000)
const name = `doctor_${process.pid}`
const root = join(import.meta.dirname, '..')
const hash = `$2b$12$${'x'.repeat(53)}`

interface Place {
  readonly title: string
  readonly url: string
  readonly fill: () => Promise<void>
  readonly drop: () => Promise<void>
}

const columns = (key: string, moment: string) =>
  `id ${key}, email varchar(320) not null, password varchar(255), status varchar(20) not null default 'active', banned_until ${moment}, deleted_at ${moment}`

async function onPostgres(): Promise<Place> {
  const client = new Client(postgresUrl)
  await client.connect()
  return {
    title: 'PostgreSQL',
    url: postgresUrl,
    async fill() {
      await client.query(`create unlogged table ${name} (${columns('bigint', 'timestamptz')})`)
      await client.query(
        `insert into ${name} select n, 'person' || n || '@example.com', '${hash}',
           case when n % 1000 = 0 then 'suspended' else 'active' end, null, null from generate_series(1, ${rows}) n`,
      )
      await client.query(`alter table ${name} add primary key (id)`)
      await client.query(`create unique index on ${name} (email)`)
    },
    async drop() {
      await client.query(`drop table if exists ${name}`)
      await client.end()
    },
  }
}

async function onMysql(): Promise<Place> {
  const connection = await createConnection(mysqlUrl)
  return {
    title: 'MariaDB, MySQL',
    url: mysqlUrl,
    async fill() {
      await connection.query(
        `create table ${name} (${columns('bigint primary key', 'datetime')}, unique (email))`,
      )
      // In the order of both indexes, and a piece at a time: a transaction of all is slow.
      const digits =
        '(select 0 d union select 1 union select 2 union select 3 union select 4 union select 5 union select 6 union select 7 union select 8 union select 9)'
      for (let from = 0; from < rows; from += 100_000) {
        await connection.query(
          `insert into ${name} select n, concat('person', lpad(n, 8, '0'), '@example.com'), '${hash}',
             if(n % 1000 = 0, 'suspended', 'active'), null, null
           from (select ${from} + 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d as n
             from ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f) numbers where n <= ${rows} order by n`,
        )
      }
    },
    async drop() {
      await connection.query(`drop table if exists ${name}`)
      await connection.end()
    },
  }
}

async function onSqlite(): Promise<Place> {
  const url = `/tmp/${name}.sqlite`
  const sqlite = new Database(url)
  return {
    title: 'SQLite',
    url,
    async fill() {
      sqlite.pragma('journal_mode = off')
      sqlite.pragma('synchronous = off')
      sqlite.exec(
        `create table ${name} (${columns('integer primary key', 'datetime')});
         with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${rows})
         insert into ${name} select n, printf('person%08d@example.com', n), '${hash}',
           case when n % 1000 = 0 then 'suspended' else 'active' end, null, null from numbers;
         create unique index ${name}_email on ${name} (email)`,
      )
    },
    async drop() {
      sqlite.close()
      rmSync(url, { force: true })
    },
  }
}

const open = [
  ...((await isReachable(postgres)) ? [onPostgres] : []),
  ...((await isReachable(mysql)) ? [onMysql] : []),
  onSqlite,
]
console.log(`\ncrudauth doctor over ${rows} rows`)
for (const place of open) {
  const { title, url, fill, drop } = await place()
  try {
    await fill()
    const taken: number[] = []
    let output = ''
    for (let run = 0; run < 3; run++) {
      const start = performance.now()
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(root, 'dist/cli/main.js'), 'doctor', '--database', url, '--table', name],
        { cwd: root },
      ).catch((error: { stdout: string }) => error)
      taken.push((performance.now() - start) / 1000)
      output = stdout
    }
    console.log(
      `  ${title.padEnd(16)} first ${taken[0]?.toFixed(1)} s, then ${taken[1]?.toFixed(1)} and ${taken[2]?.toFixed(1)} s, the start of Node included`,
    )
    const statements = await askedByDoctor(url, name)
    for (const { text, milliseconds } of statements) {
      if (!text.includes(name)) continue
      console.log(
        `    ${milliseconds.toFixed(0).padStart(6)} ms  ${text.replaceAll(name, 'users')}`,
      )
    }
    const told = output.split('\n').filter((line) => /hashes:|^Ready|^Not ready/.test(line))
    for (const line of told) console.log(`    ${line.trim()}`)
  } finally {
    await drop()
  }
}
