/**
 * Generates a client for each database from one list of models. No engine is downloaded: the client
 * needs none, and generating asks for the schema engine's path only.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const models = readFileSync(join(here, 'models.prisma'), 'utf8')

for (const provider of ['postgresql', 'sqlite']) {
  const folder = join(here, 'generated', provider)
  mkdirSync(folder, { recursive: true })
  const native = provider === 'postgresql' ? models.replaceAll('//UUID', '@db.Uuid') : models
  writeFileSync(
    join(folder, 'schema.prisma'),
    `generator client {\n  provider = "prisma-client"\n  output   = "client"\n}\n\ndatasource db {\n  provider = "${provider}"\n}\n\n${native}`,
  )
  const { status, stderr } = spawnSync(
    join(here, 'node_modules/.bin/prisma'),
    ['generate', '--schema', join(folder, 'schema.prisma')],
    { env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
}
