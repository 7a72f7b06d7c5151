// How the page is built: hashed files, nothing inlined, so that it runs under a strict policy for content.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2020',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // The map and the plots change rarely: their files stay in browsers' caches over an update.
        manualChunks: (id) => /node_modules\/(leaflet|uplot)\//.exec(id)?.[1],
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8090', '/files': 'http://127.0.0.1:8090' } },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0] & { test: object });
