import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/frameworks/hono.ts',
    'src/databases/drizzle.ts',
    'src/databases/drizzle-sqlite.ts',
    'src/databases/drizzle-postgres.ts',
    'src/databases/drizzle-mysql.ts',
    'src/storage/redis.ts',
    'src/databases/kysely.ts',
    'src/cli/main.ts',
    'src/passwords/other-systems/index.ts',
    'src/parts/passwords.ts',
    'src/parts/identifiers.ts',
    'src/parts/client-address.ts',
    'src/parts/tokens.ts',
    'src/parts/limits.ts',
    'src/delivery/nodemailer.ts',
    'src/features/oauth/index.ts',
    'src/databases/prisma.ts',
    'src/testing/index.ts',
  ],
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // One file per module: a stack trace, a source map and a bundler all see what was written.
  unbundle: true,
  dts: { tsgo: true, sourcemap: true },
  sourcemap: true,
  clean: true,
  fixedExtension: false,
})
