import { defineConfig } from 'vitest/config'
import root from './vitest.config.ts'

/** The core, with the storage in memory and SQLite. */
export default defineConfig({
  ...root,
  test: {
    ...root.test,
    include: [
      'test/*.test.ts',
      'test/{http,passwords,users}/**/*.test.ts',
      'test/storage/{memory,conformance-kit}.test.ts',
      'test/databases/*sqlite*.test.ts',
    ],
    // About a script of the project's own, which runs on the Node that the project is developed on.
    exclude: ['test/import-rule.test.ts'],
    // Node runs TypeScript by itself since 22.18; some tests start processes of it.
    env: {
      ...root.test?.env,
      NODE_OPTIONS: '--experimental-strip-types --disable-warning=ExperimentalWarning',
    },
  },
})
