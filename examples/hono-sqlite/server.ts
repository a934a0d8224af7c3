/**
 * Starts the example. `PORT` chooses the port (3000), `DATABASE_URL` the SQLite file.
 */
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { developmentInbox } from 'crudauth'
import { createApp } from './app.ts'
import { openDatabase } from './db.ts'
import { startDemoId } from './demo-id.ts'

const port = Number(process.env['PORT'] || 3000)
if (!Number.isInteger(port) || port < 1 || port > 65535) {
  console.error(`PORT is '${process.env['PORT']}'; write a number from 1 to 65535`)
  process.exit(1)
}
const url = process.env['PUBLIC_URL'] || `http://localhost:${port}`

const file = process.env['DATABASE_URL'] || join(import.meta.dirname, 'app.sqlite')
const { db, close } = openDatabase(file)

// Prints messages instead of sending them, so that everything can be tried without mail. Whoever
// reads them gets in: it refuses to be made with NODE_ENV=production. Before you publish, write
//   email(nodemailerSender({ from: 'Members <no-reply@example.com>', transport: 'smtps://…' }))
const inbox = developmentInbox({ print: console.log })

// A provider to sign in with, on this machine. From another device nobody reaches it.
const demoId = url.startsWith('http://localhost:') ? await startDemoId(url) : null

const app = createApp({
  db,
  secret: process.env['AUTH_SECRET'],
  secureCookies: process.env['COOKIE_SECURE'] !== 'false',
  url,
  channel: inbox,
  demoId,
})

const server = serve({ fetch: app.fetch, port }, () => {
  console.log(`
Listening on ${url}
The API is described at ${url}/docs; members are kept in ${file}
Messages to people are printed here, and shown at
  http://localhost:${port}${inbox.path}

Try it with curl:

  curl -s ${url}/register --json '{"email":"ann@example.com","username":"ann","password":"correct horse battery"}'
  curl -s ${url}/login --json '{"username":"ann","password":"correct horse battery"}' -c cookies.txt
  curl -s ${url}/me -b cookies.txt

The README beside this file goes on with tokens, API keys and lost passwords.
`)
})

server.on('error', (error) => {
  console.error(`Cannot listen on port ${port}: ${error.message}. Choose another with PORT=…`)
  process.exit(1)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    demoId?.close()
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
