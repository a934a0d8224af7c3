import { defineConfig } from 'vitest/config'

const source = (path: string) => new URL(`src/${path}`, import.meta.url).pathname

/** Slow, and rarely broken by a change: `npm run test:matrix`. */
export const matrix: readonly string[] = [
  'test/system/**/*.test.ts',
  'test/tables/**/*.test.ts',
  'test/storage/processes.test.ts',
  'test/recovery/never-half.test.ts',
  'test/faults-midway.test.ts',
  'test/recovery/wall-time.test.ts',
  'test/storage/redis-outages.test.ts',
  'test/silent-databases.test.ts',
  'test/cli/cli.test.ts',
  'test/cli/doctor-bounds.test.ts',
  'test/runtimes/**/*.test.ts',
  'test/examples/existing-table.test.ts',
  'test/passwords/other-systems/origins.test.ts',
  'test/tokens/many-mutated-tokens.test.ts',
  'test/check-bytes.test.ts',
]

/** For the processes that tests start. The same sources are not compiled again a hundred times. */
const compileCache = new URL('node_modules/.cache/node-compile-cache', import.meta.url).pathname

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
      { find: /^crudauth\/oauth$/, replacement: source('features/oauth/index.ts') },
      { find: /^crudauth\/passwords$/, replacement: source('parts/passwords.ts') },
      { find: /^crudauth\/identifiers$/, replacement: source('parts/identifiers.ts') },
      { find: /^crudauth\/client-address$/, replacement: source('parts/client-address.ts') },
      { find: /^crudauth\/tokens$/, replacement: source('parts/tokens.ts') },
      { find: /^crudauth\/limits$/, replacement: source('parts/limits.ts') },
      { find: /^crudauth\/nodemailer$/, replacement: source('delivery/nodemailer.ts') },
      { find: /^crudauth\/prisma$/, replacement: source('databases/prisma.ts') },
      { find: /^crudauth\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // For a machine that has other things to do; nothing here waits that long by design.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    exclude: ['test/browser/**', ...matrix],
    // One process runs many files: loading everything anew for each cost two thirds of the time. So
    // a file leaves nothing behind that another would see.
    isolate: false,
    maxWorkers: '100%',
    // Of those that wait for real time to pass.
    maxConcurrency: 24,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    env: { NODE_COMPILE_CACHE: compileCache },
    coverage: {
      include: ['src/**'],
      // Elsewhere: Prisma has a project of its own, and the command line is run as a process.
      exclude: ['src/databases/prisma.ts', 'src/databases/prisma/**', 'src/cli/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 95, branches: 90, functions: 95, lines: 95 },
    },
  },
})
