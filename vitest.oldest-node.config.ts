import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }
import root from './vitest.config.ts'

const oldest = manifest.engines.node.replace('>=', '')
if (!process.version.startsWith(`v${oldest}.`)) {
  throw new Error(
    `the oldest Node in package.json is ${oldest}, and this is ${process.version}; write that version in integration/oldest-node/package.json`,
  )
}

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
    // The first is about a script of the project's own, the second watches what is loaded, by hooks
    // that Node has since 22.15: what they find is the same on every Node. Bytes are the engine's
    // business as well: this one's takes some more.
    exclude: [
      'test/import-rule.test.ts',
      'test/imports.test.ts',
      'test/check-bytes.test.ts',
      'test/session-bytes.test.ts',
    ],
    // Node runs TypeScript by itself since 22.18; some tests start processes of it.
    env: {
      ...root.test?.env,
      NODE_OPTIONS: '--experimental-strip-types --disable-warning=ExperimentalWarning',
    },
  },
})
