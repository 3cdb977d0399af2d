/** Unit tests: everything below tests/ that is not driven through a browser. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**'],
    setupFiles: ['tests/support/setup.ts'],
    testTimeout: 30_000,
    // All processors: nobody else needs one meanwhile, and on two of them the default is a single worker.
    maxWorkers: '100%',
  },
});
