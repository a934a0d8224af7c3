/** What the example is without the library: the same table, and a guard written by hand. */
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Hono, type MiddlewareHandler } from 'hono'

const users = sqliteTable('users', {
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  hashedPassword: text('hashed_password').notNull(),
  tokenVersion: integer('token_version').notNull(),
})

const db = drizzle(new Database('app.sqlite'))
export const everybody = () => db.select().from(users).all()

type Principal = { readonly user: Omit<typeof users.$inferSelect, 'hashedPassword'> }
declare const guard: MiddlewareHandler<{ Variables: { principal: Principal } }>

export const app = new Hono().get('/dashboard', guard, (c) =>
  c.json({ hello: c.var.principal.user.email }),
)
