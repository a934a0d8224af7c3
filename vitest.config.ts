import { defineConfig } from 'vitest/config'

const source = (path: string) => new URL(`src/${path}`, import.meta.url).pathname

export default defineConfig({
  resolve: {
    alias: [
      { find: /^crudauth$/, replacement: source('index.ts') },
      { find: /^crudauth\/hono$/, replacement: source('frameworks/hono.ts') },
      { find: /^crudauth\/drizzle$/, replacement: source('databases/drizzle.ts') },
      { find: /^crudauth\/drizzle\/sqlite$/, replacement: source('databases/drizzle-sqlite.ts') },
      { find: /^crudauth\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    coverage: {
      include: ['src/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 95, branches: 90, functions: 95, lines: 95 },
    },
  },
})
