import { defineConfig, type UserConfig } from 'tsdown'

const common: UserConfig = {
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
  fixedExtension: false,
}

export default defineConfig([
  // A few files of code: to find and read three hundred takes longer than to run them. Source maps
  // and `src` show what was written, and bundlers leave out of them what is not used.
  {
    ...common,
    sourcemap: true,
    dts: false,
    clean: true,
    outputOptions: { chunkFileNames: 'shared/[name]-[hash].js' },
  },
  // One file per module of declarations: an editor goes to the source of what it is asked for.
  {
    ...common,
    unbundle: true,
    clean: false,
    dts: { tsgo: true, sourcemap: true, emitDtsOnly: true },
  },
])
