/**
 * Runs the steps: `npm run example:own-hands [users.json]`.
 */
import { readFileSync } from 'node:fs'
import { developmentInbox } from 'crudauth'
import { openDatabase } from '../hono-sqlite/db.ts'
import { createAuth } from './auth.ts'
import { importUsers, invite, type LegacyUser, makeAdministrator, shutOut } from './steps.ts'

const { AUTH_SECRET, ADMIN_PASSWORD, DATABASE = 'example.sqlite' } = process.env
if (!AUTH_SECRET || !ADMIN_PASSWORD) {
  console.error('set AUTH_SECRET (npx crudauth secret) and ADMIN_PASSWORD')
  process.exit(1)
}
const { db, close } = openDatabase(DATABASE)
await using auth = createAuth({ db, secret: AUTH_SECRET, channel: developmentInbox() })

const admin = await makeAdministrator(auth, 'admin@example.com', ADMIN_PASSWORD)
const [, , file] = process.argv
const users = file === undefined ? [] : (JSON.parse(readFileSync(file, 'utf8')) as LegacyUser[])
const { made, skipped, refused } = await importUsers(auth, users)
console.log(`${made} imported, ${skipped} there already, ${refused.length} refused`)
for (const line of refused) console.log(`  ${line}`)

await invite(auth, 'new@example.com', admin.id)
const [first] = users
if (first) console.log(`${await shutOut(auth, first.username, admin.id)} sessions ended`)
await auth.settled()
close()
