import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Faults between processes. Needs nats-server and nginx; partitions need root, ip and nft. Each
 * fault lasts a few seconds; longer with SPLIT_FAULT_SECONDS, and SPLIT_FAULT_SEED repeats a run.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/split-faults/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 480_000,
    hookTimeout: 240_000,
  },
})
