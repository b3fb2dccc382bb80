import { defineConfig } from 'vitest/config';

// The tests in real Chromium against real nodes: make browser.
export default defineConfig({ test: { environment: 'node', include: ['browser/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false } });
