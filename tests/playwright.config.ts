/** Browser tests: real Chromium (its path comes from `npm test`) on the built book. */
import { defineConfig } from '@playwright/test';

const port = 4399;

export default defineConfig({
  testDir: './e2e',
  outputDir: '../.cache/playwright',
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  forbidOnly: true,
  // A loaded machine may starve a page once. What passes only on the second try is printed as flaky.
  retries: 1,
  expect: { timeout: 15_000 },
  reporter: [['line'], ['json']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    launchOptions: {
      args: ['--no-sandbox'],
      ...(process.env['CHROMIUM_PATH'] !== undefined && { executablePath: process.env['CHROMIUM_PATH'] }),
    },
    // Recording every step of every test took a quarter of the time; what fails is run again, and that run is recorded.
    trace: 'on-first-retry',
  },
  webServer: {
    command: `${process.execPath} node_modules/astro/bin/astro.mjs preview --ignore-lock --host 127.0.0.1 --port ${port}`,
    cwd: new URL('..', import.meta.url).pathname,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
    timeout: 60_000,
  },
});
