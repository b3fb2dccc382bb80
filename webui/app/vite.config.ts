import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// In development the calls go to a running node: REFERWORKS_NODE is its address. A key in REFERWORKS_KEY stands in for
// the session of a person.
const node = process.env.REFERWORKS_NODE ?? 'http://127.0.0.1:8470';
const key = process.env.REFERWORKS_KEY;

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../dist',
    emptyOutDir: false, // .gitkeep stays; the Makefile empties it
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '/v1': { target: node, ws: true, changeOrigin: true, headers: key ? { Authorization: `Bearer ${key}` } : {} },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], testTimeout: 120_000 },
});
