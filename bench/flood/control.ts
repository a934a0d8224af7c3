/** A server that does nothing: what the machine alone adds to an answer. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono().get('/checked', (c) => c.json({ id: 1 }))
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  process.send?.({ port })
})

// Whoever started it has ended.
process.once('disconnect', () => process.exit())
