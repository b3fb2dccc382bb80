import { defineConfig } from 'vitest/config';

// The tests in real Chromium against real nodes, one file after the other: make browser. The time-outs are for a machine
// that does other things as well.
export default defineConfig({ test: { environment: 'node', include: ['browser/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } });
