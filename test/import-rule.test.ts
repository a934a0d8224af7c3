import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Runs the check over these files, or over the library's own. */
function check(files?: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-imports-'))
  for (const [file, source] of Object.entries(files ?? {})) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), source)
  }
  const args = ['scripts/check-imports.ts', ...(files ? [folder] : [])]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  return { status, stdout, offences: stderr.split('\n').filter((line) => line.startsWith('src/')) }
}

describe('the import rule', () => {
  test('holds for the library', () => {
    expect(check()).toMatchObject({ status: 0, offences: [] })
  })

  test('lets every room import what it is made of', () => {
    const { status, stdout } = check({
      'auth.ts': "import './features/login/routes.ts'",
      'features/login/routes.ts': "import '../../limits/lockout.ts'\nimport './form.ts'",
      'frameworks/hono.ts': "import '../index.ts'\nimport type { Context } from 'hono'",
      'databases/drizzle.ts':
        "import type { UserStore } from '../users/store.ts'\nimport 'drizzle-orm'",
      'http/router.ts': "import 'hono/router/reg-exp-router'\nimport 'node:http'",
    })
    expect(status).toBe(0)
    expect(stdout).toContain('5 files')
  })

  test('names the import of a package that a room may not have', () => {
    const { status, offences } = check({
      'gates.ts': "import { Hono } from 'hono'",
      'http/router.ts': "import { Hono } from 'hono'",
      'users/store.ts': "import { sql } from 'drizzle-orm'",
      'databases/drizzle.ts': "import Database from 'better-sqlite3'",
      'auth.ts': "import { crudAuth } from 'crudauth'",
    })
    expect(status).toBe(1)
    expect(offences.sort()).toEqual([
      "src/auth.ts imports 'crudauth': auth may not import this package",
      "src/databases/drizzle.ts imports 'better-sqlite3': databases may not import this package",
      "src/gates.ts imports 'hono': gates may not import this package",
      "src/http/router.ts imports 'hono': http may not import this package",
      "src/users/store.ts imports 'drizzle-orm': users may not import this package",
    ])
  })

  test('names the import that points outward or sideways', () => {
    const { status, offences } = check({
      'features/me/routes.ts': "import '../login/routes.ts'",
      'features/register/routes.ts': "import '../../auth.ts'",
      'storage/redis.ts': "import '../transports/transport.ts'",
      'databases/kysely.ts': "import '../features/login/routes.ts'",
      'frameworks/hono.ts': "import '../auth.ts'",
      'limits/lockout.ts': "import '../http/route.ts'",
      'testing/index.ts': "import '../passwords/passwords.ts'",
      'auth.ts': "import './databases/drizzle.ts'",
      'index.ts': "export * from './frameworks/hono.ts'",
      'gates.ts': "import '../test/support/world.ts'",
    })
    expect(status).toBe(1)
    expect(offences.sort()).toEqual([
      "src/auth.ts imports './databases/drizzle.ts': auth may not import databases",
      "src/databases/kysely.ts imports '../features/login/routes.ts': databases may not import features",
      "src/features/me/routes.ts imports '../login/routes.ts': a feature may not import another",
      "src/features/register/routes.ts imports '../../auth.ts': features may not import auth",
      "src/frameworks/hono.ts imports '../auth.ts': frameworks may not import auth",
      "src/gates.ts imports '../test/support/world.ts': gates may not import ..",
      "src/index.ts imports './frameworks/hono.ts': index may not import frameworks",
      "src/limits/lockout.ts imports '../http/route.ts': limits may not import http",
      "src/storage/redis.ts imports '../transports/transport.ts': storage may not import transports",
      "src/testing/index.ts imports '../passwords/passwords.ts': testing may not import passwords",
    ])
  })

  test.each([
    ['a type', "import type { Context } from 'hono'"],
    ['a type among values', "import { type Context } from 'hono'"],
    ['a type in place', "export type Made = import('hono').Context"],
    ['the type of a module', "export type Made = typeof import('hono')"],
    ['an export', "export { Hono } from 'hono'"],
    ['an export of a type', "export type { Context } from 'hono'"],
    ['an export of everything', "export * from 'hono'"],
    ['an import on demand', "export const load = () => import('hono')"],
    ['an import by assignment', "import hono = require('hono')"],
    ['an augmentation', "declare module 'hono' { interface ContextVariableMap { a: 1 } }"],
    ['a reference', '/// <reference types="hono" />\nexport {}'],
  ])('sees %s', (_, source) => {
    expect(check({ 'gates.ts': source }).offences).toEqual([
      "src/gates.ts imports 'hono': gates may not import this package",
    ])
  })

  test('admits nothing that it cannot judge', () => {
    const { status, offences } = check({
      'gates.ts': 'const name = "hono"\nexport const load = () => import(name)',
      'crypto.ts': "import { createRequire } from 'node:module'",
      'novelty/novelty.ts': "import '../errors.ts'",
      'hooks.ts': 'this is { not TypeScript',
    })
    expect(status).toBe(1)
    expect(offences).toEqual(
      expect.arrayContaining([
        "src/gates.ts imports 'name': gates may not import this package",
        "src/crypto.ts imports 'node:module': what require loads cannot be checked",
        expect.stringContaining(
          "src/novelty/novelty.ts imports '../errors.ts': novelty is a new room",
        ),
        expect.stringContaining('src/hooks.ts cannot be read'),
      ]),
    )
    expect(check({}).status).toBe(1)
  })
})
