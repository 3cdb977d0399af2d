/** Unit tests: everything below tests/ that is not driven through a browser. */
import { defineConfig } from 'vitest/config';
import { exerciseFolders } from '../src/lab/folders/vite.ts';
import { LongestFirst } from './support/longestFirst.ts';

export default defineConfig({
  plugins: [exerciseFolders()],
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**'],
    setupFiles: ['tests/support/setup.ts'],
    testTimeout: 30_000,
    sequence: { sequencer: LongestFirst },
    // Files share what is loaded: loading all commands anew for each of them took a quarter of the time. A test that wants modules of its own
    // says so (vi.resetModules), and none may leave a module's state changed.
    isolate: false,
    // All processors: nobody else needs one meanwhile, and on two of them the default is a single worker.
    maxWorkers: '100%',
  },
});
