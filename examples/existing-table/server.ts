/**
 * Starts the example. `PORT` chooses the port (3000), `DATABASE_URL` the PostgreSQL database, in
 * which it makes a schema of its own: `quayside`. With `--load-only` the old table is loaded, to be
 * looked at before the migration.
 */
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { defaultUrl, openDatabase } from './db.ts'

const port = Number(process.env['PORT'] || 3000)
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`PORT is '${process.env['PORT']}'; write a number from 0 (any free port) to 65535`)
  process.exit(1)
}

const { db, load, migrate, close } = openDatabase(process.env['DATABASE_URL'] || defaultUrl)
try {
  const loaded = await load()
  if (loaded) console.log('Loaded legacy.sql: quayside.members, as the old application left it')
  if (process.argv.includes('--load-only')) {
    if (!loaded) console.log('quayside.members is there already; nothing was done')
    await close()
    process.exit()
  }
  const migrated = await migrate()
  if (migrated) console.log('Ran migration.sql: a wider column, a new one, a table for sessions')
} catch (error) {
  // Where several addresses were tried, the message is in the parts.
  const { message, errors = [] } = error as Error & { errors?: Error[] }
  console.error(`The database cannot be used: ${message || errors.map((one) => one.message).join(', ')}

This example needs PostgreSQL. It looks at ${defaultUrl}; DATABASE_URL says where else:

  docker run --rm -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres
  DATABASE_URL=postgresql://me:secret@db.example.com/scratch npm run start:existing-table
`)
  process.exit(1)
}

const app = createApp({
  db,
  secret: process.env['AUTH_SECRET'],
  secureCookies: process.env['COOKIE_SECURE'] !== 'false',
})

const server = serve({ fetch: app.fetch, port }, (address) => {
  const url = `http://localhost:${address.port}`
  console.log(`
Listening on ${url}

Log in as a member of the old application, in a browser or with curl:

  curl -s ${url}/login --json '{"username":"marta","password":"harbour lights"}' -c cookies.txt
  curl -s ${url}/account -b cookies.txt

The README beside this file is the guide to the migration.
`)
})

server.on('error', (error) => {
  console.error(`Cannot listen on port ${port}: ${error.message}. Choose another with PORT=…`)
  process.exit(1)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(async () => {
      await close()
      process.exit(0)
    })
    if (!('closeAllConnections' in server)) return
    server.closeIdleConnections()
    // Nobody's slow request holds up a restart.
    setTimeout(() => server.closeAllConnections(), 2000).unref()
  })
}
