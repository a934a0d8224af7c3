/** The application's `auth`, as other samples of the documentation use it. */
import { bearer, email, recovery, session } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { db } from './db.ts'
import { sender } from './mail.ts'

export const members = sqliteTable('members', {
  ...authUserColumns(),
  plan: text().notNull().default('free'),
})

export const auth = honoAuth({
  users: drizzleUsers(db, members),
  secret: process.env['AUTH_SECRET'],
  transports: [session(), bearer()],
  features: [recovery({ channels: [email(sender)], frontendUrl: 'https://app.example.com' })],
})
