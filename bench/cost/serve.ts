/**
 * One process that serves one subject, each of its handlers on a port of its own. Its parent sends
 * the requests and asks how much CPU the process has used.
 */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { type SubjectName, subjects } from './subjects.ts'

const subject = await subjects[process.argv[2] as SubjectName]()
const apps = {
  ...subject.apps,
  'no check': new Hono().get('/checked', (c) => c.json({ id: 1 })),
}

const ports: Record<string, number> = {}
for (const [name, { fetch }] of Object.entries(apps)) {
  ports[name] = await new Promise<number>((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => resolve(port))
  })
}

process.on('message', async (message) => {
  if (message === 'end') {
    await subject.close()
    process.exit()
  }
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
process.send?.({ ports, headers: subject.headers })
