/**
 * What the application has installed, from where the command runs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Orm } from './orm.ts'

export const installed = {
  /** Whether the application names a package among its own, or has it. */
  has(name: string): boolean {
    for (let folder = process.cwd(); ; folder = dirname(folder)) {
      if (
        existsSync(join(folder, 'node_modules', name)) ||
        isNamed(join(folder, 'package.json'), name)
      )
        return true
      if (folder === dirname(folder)) return false
    }
  },

  /** Drizzle where there is none, or more than one. */
  orm(): Orm {
    const packages: readonly (readonly [Orm, string])[] = [
      ['drizzle', 'drizzle-orm'],
      ['kysely', 'kysely'],
      ['prisma', '@prisma/client'],
    ]
    return packages.find(([, name]) => installed.has(name))?.[0] ?? 'drizzle'
  },
}

function isNamed(path: string, name: string): boolean {
  try {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(path, 'utf8')) as Readonly<
      Record<string, Readonly<Record<string, string>> | undefined>
    >
    return dependencies?.[name] !== undefined || devDependencies?.[name] !== undefined
  } catch {
    return false
  }
}
