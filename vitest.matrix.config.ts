import { defineConfig } from 'vitest/config'
import root, { matrix } from './vitest.config.ts'

/**
 * Several processes under load, and servers that are stopped under it: one file after the other.
 */
export default defineConfig({
  ...root,
  test: { ...root.test, include: [...matrix], exclude: [], fileParallelism: false },
})
