/** Each framework on a port of its own. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Express } from 'express'
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'

const hostname = '127.0.0.1'

export function hono({ fetch }: Pick<Hono, 'fetch'>): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch, port: 0, hostname }, ({ port }: AddressInfo) => resolve(port))
  })
}

export function express(app: Express): Promise<number> {
  return new Promise((resolve) => {
    const server = app.listen(0, hostname, () => resolve((server.address() as AddressInfo).port))
  })
}

export async function fastify(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: hostname })
  return (app.server.address() as AddressInfo).port
}
