import { defineConfig, mergeConfig } from 'vitest/config'
import root from '../../vitest.config.ts'

export default mergeConfig(
  root,
  defineConfig({
    root: import.meta.dirname,
    test: { coverage: { enabled: false }, env: { TABLES_OVER: 'prisma' } },
  }),
)
