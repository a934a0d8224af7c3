/**
 * Starts the example. `PORT` chooses the port (3000), `DATABASE_URL` the SQLite file.
 */
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { openDatabase } from './db.ts'

const file = process.env['DATABASE_URL'] || join(import.meta.dirname, 'app.sqlite')
const { db, close } = openDatabase(file)
const app = createApp({
  db,
  secret: process.env['AUTH_SECRET'],
  secureCookies: process.env['COOKIE_SECURE'] !== 'false',
})

const port = Number(process.env['PORT'] || 3000)
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`PORT is '${process.env['PORT']}'; write a number from 0 (any free port) to 65535`)
  process.exit(1)
}
const server = serve({ fetch: app.fetch, port }, (address) => {
  const url = `http://localhost:${address.port}`
  console.log(`
Listening on ${url}
The API is described at ${url}/docs; members are kept in ${file}

Try it with curl:

  curl -s ${url}/register --json '{"email":"ann@example.com","username":"ann","password":"correct horse battery"}'
  curl -s ${url}/login --json '{"username":"ann","password":"correct horse battery"}' -c cookies.txt
  curl -s ${url}/me -b cookies.txt

The README beside this file goes on with tokens and API keys.
`)
})

server.on('error', (error) => {
  console.error(`Cannot listen on port ${port}: ${error.message}. Choose another with PORT=…`)
  process.exit(1)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(() => {
      close()
      process.exit(0)
    })
    if (!('closeAllConnections' in server)) return
    server.closeIdleConnections()
    // Nobody's slow request holds up a restart.
    setTimeout(() => server.closeAllConnections(), 2000).unref()
  })
}
