/**
 * The tests' stand-in for `prisma db pull`: what it makes of tables of which Prisma documents, or
 * tests in its own sources, what the engine makes.
 */
import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { pulledSchema } from '../../../test/support/prisma-pull.ts'
import { isReachable, postgres, postgresUrl } from '../../../test/support/services.ts'

/** The models and enumerations, their fields without what lines them up. */
function blocks(schema: string): string[] {
  return schema
    .split('\n\n')
    .slice(2)
    .join('\n')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

describe.runIf(await isReachable(postgres))('What is pulled of PostgreSQL', () => {
  async function pulled(sql: string): Promise<string[]> {
    const name = `pull_${randomBytes(4).toString('hex')}`
    const admin = new Client(postgresUrl)
    await admin.connect()
    await admin.query(`create database ${name}`)
    const client = new Client(Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href)
    await client.connect()
    try {
      await client.query(sql)
      return blocks(
        await pulledSchema('postgresql', async (text) => (await client.query(text)).rows),
      )
    } finally {
      await client.end()
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    }
  }

  test('is what the guide to an existing database shows', async () => {
    const sql = `
      create table "User" (id serial primary key not null, name varchar(255), email varchar(255) unique not null);
      create table "Post" (id serial primary key not null, title varchar(255) not null, "createdAt" timestamp not null default now(),
        content text, published boolean not null default false, "authorId" integer not null, foreign key ("authorId") references "User" (id));
      create table "Profile" (id serial primary key not null, bio text, "userId" integer unique not null, foreign key ("userId") references "User" (id))`
    expect(await pulled(sql)).toEqual([
      'model Post {',
      'id Int @id @default(autoincrement())',
      'title String @db.VarChar(255)',
      'createdAt DateTime @default(now()) @db.Timestamp(6)',
      'content String?',
      'published Boolean @default(false)',
      'authorId Int',
      'User User @relation(fields: [authorId], references: [id], onDelete: NoAction, onUpdate: NoAction)',
      '}',
      'model Profile {',
      'id Int @id @default(autoincrement())',
      'bio String?',
      'userId Int @unique',
      'User User @relation(fields: [userId], references: [id], onDelete: NoAction, onUpdate: NoAction)',
      '}',
      'model User {',
      'id Int @id @default(autoincrement())',
      'name String? @db.VarChar(255)',
      'email String @unique @db.VarChar(255)',
      'Post Post[]',
      'Profile Profile?',
      '}',
    ])
  })

  test('has names that a schema takes, and native types where they are not the usual', async () => {
    const sql = `create type "123color" as enum ('black');
      create table "123Book" (id serial primary key, "1color" "123color", price numeric, made timestamptz not null default current_timestamp,
        stamp timestamp(3), ean char(13), key uuid default gen_random_uuid(), flags bit varying(4), range int4range);
      create unique index on "123Book" (ean) where ean is not null`
    expect(await pulled(sql)).toEqual([
      'model Book {',
      'id Int @id @default(autoincrement())',
      'color color? @map("1color")',
      'price Decimal? @db.Decimal',
      'made DateTime @default(now()) @db.Timestamptz(6)',
      'stamp DateTime?',
      'ean String? @db.Char(13)',
      'key String? @default(dbgenerated("gen_random_uuid()")) @db.Uuid',
      'flags String? @db.VarBit(4)',
      'range Unsupported("int4range")?',
      '@@map("123Book")',
      '}',
      'enum color {',
      'black',
      '@@map("123color")',
      '}',
    ])
  })
})

test('What is pulled of SQLite is unsupported where a type has another name than a few', async () => {
  const sqlite = new Database(':memory:')
  sqlite.exec(
    `create table people (id integer primary key, name varchar(20) not null unique, ok bool not null, yes boolean not null default 1,
      made datetime(6), seen datetime default current_timestamp, boss integer references people (id) on delete cascade)`,
  )
  const query = async (text: string) => sqlite.prepare(text).all() as Record<string, unknown>[]
  expect(blocks(await pulledSchema('sqlite', query))).toEqual([
    'model people {',
    'id Int @id @default(autoincrement())',
    'name String @unique(map: "sqlite_autoindex_people_1")',
    'ok Unsupported("bool")',
    'yes Boolean @default(true)',
    'made Unsupported("datetime(6)")?',
    'seen DateTime? @default(now())',
    'boss Int?',
    'people_people_bossTopeople people? @relation("people_bossTopeople", fields: [boss], references: [id], onDelete: Cascade, onUpdate: NoAction)',
    'other_people_people_bossTopeople people[] @relation("people_bossTopeople")',
    '}',
  ])
})
