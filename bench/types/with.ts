/** The example: the library over a table, in a Hono application. */
import Database from 'better-sqlite3'
import { drizzleUsers } from 'crudauth/drizzle'
import { honoAuth, session } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'

const users = sqliteTable('users', {
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  hashedPassword: text('hashed_password').notNull(),
  tokenVersion: integer('token_version').notNull(),
})

const db = drizzle(new Database('app.sqlite'))
export const everybody = () => db.select().from(users).all()

export const auth = honoAuth({
  users: drizzleUsers(db, users),
  secret: process.env['AUTH_SECRET'],
  transports: [session()],
})

export const app = auth
  .mount(new Hono())
  .get('/dashboard', auth.guard(), (c) => c.json({ hello: c.var.principal.user.email }))
