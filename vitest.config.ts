import { defineConfig } from 'vitest/config'

const source = (path: string) => new URL(`src/${path}`, import.meta.url).pathname

export default defineConfig({
  resolve: {
    alias: [
      { find: /^crudauth$/, replacement: source('index.ts') },
      { find: /^crudauth\/hono$/, replacement: source('frameworks/hono.ts') },
      { find: /^crudauth\/drizzle$/, replacement: source('databases/drizzle.ts') },
      { find: /^crudauth\/drizzle\/sqlite$/, replacement: source('databases/drizzle-sqlite.ts') },
      {
        find: /^crudauth\/drizzle\/postgres$/,
        replacement: source('databases/drizzle-postgres.ts'),
      },
      { find: /^crudauth\/drizzle\/mysql$/, replacement: source('databases/drizzle-mysql.ts') },
      { find: /^crudauth\/redis$/, replacement: source('storage/redis.ts') },
      { find: /^crudauth\/kysely$/, replacement: source('databases/kysely.ts') },
      { find: /^crudauth\/hashes$/, replacement: source('passwords/other-systems/index.ts') },
      { find: /^crudauth\/prisma$/, replacement: source('databases/prisma.ts') },
      { find: /^crudauth\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // For a machine that has other things to do; nothing here waits that long by design.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    exclude: ['test/browser/**'],
    coverage: {
      include: ['src/**'],
      // Elsewhere: Prisma has a project of its own, and the command line is run as a process.
      exclude: ['src/databases/prisma.ts', 'src/databases/prisma/**', 'src/cli/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 95, branches: 90, functions: 95, lines: 95 },
    },
  },
})
