/** Browser tests: real Chromium (its path comes from `npm test`) on the built book. */
import { defineConfig } from '@playwright/test';

const port = 4399;

/**
 * Playwright's own list (chromiumSwitches in playwright-core), which a list of ours replaces, and behind it the two pages that Chromium prepares
 * beside every new window of its own for its address bar: nobody sees them, and they take most of a second of a processor for each test.
 */
const disabledFeatures = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
];

export default defineConfig({
  testDir: './e2e',
  outputDir: '../.cache/playwright',
  fullyParallel: true,
  workers: 2,
  // The longest took 44 seconds on two slow processors with nothing else to do. How fast one is belongs to tests/bench: here nothing may fail for it.
  timeout: 180_000,
  forbidOnly: true,
  // A loaded machine may starve a page once. What passes only on the second try is printed as flaky.
  retries: 1,
  expect: { timeout: 15_000 },
  reporter: [['line'], ['json']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    launchOptions: {
      args: ['--no-sandbox', `--disable-features=${disabledFeatures.join(',')}`],
      ...(process.env['CHROMIUM_PATH'] !== undefined && { executablePath: process.env['CHROMIUM_PATH'] }),
    },
    // What one test has stored must not answer another one; offline.spec.ts allows them.
    serviceWorkers: 'block',
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
