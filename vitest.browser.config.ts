import { defineConfig } from 'vitest/config'

/** The examples in a real browser. Needs the build, and Debian's chromium. */
export default defineConfig({
  test: { include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
