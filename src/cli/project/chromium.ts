/** Finds a Chromium for the browser tests, or installs one, or says what to do. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright';
import { runTool } from './tools.ts';

const commands = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Whether `file` is a browser that starts here: it may be there and lack its libraries. */
function works(file: string): boolean {
  if (!existsSync(file)) return false;
  if (process.platform === 'win32') return true;
  const run = spawnSync(file, ['--version', '--no-sandbox'], { encoding: 'utf8', timeout: 20_000 });
  return run.status === 0 && /\d+\.\d+/.test(run.stdout);
}

function installedBrowsers(): string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const onPath = commands.flatMap((command) => folders.map((folder) => path.join(folder, command)));
  return [...onPath, ...applications];
}

/** Debian and its relatives, where we may install packages: the browser comes with its libraries. */
function installDistributionPackage(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 2, 2], env }).status === 0;
  const install = (...options: string[]) =>
    apt(...options, 'update') && apt(...options, 'install', '-y', '--no-install-recommends', 'chromium');
  // apt downloads and verifies as the user _apt. In a sandbox where that user may do nothing, /dev/null included, root does both.
  return install() || install('-o', 'APT::Sandbox::User=root');
}

/**
 * The path of a Chromium that starts: `CHROMIUM_PATH`, one of the system's, Playwright's own, else one newly installed.
 * Throws an Error that says what to do when there is none.
 */
export async function findChromium(): Promise<string> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined) {
    if (works(named)) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, which does not start. Correct or unset it.`);
  }
  const own = chromium.executablePath();
  const installed = [...installedBrowsers(), own].find(works);
  if (installed !== undefined) return installed;

  process.stderr.write('No Chromium found; installing one …\n');
  const status = await runTool({ package: 'playwright', args: ['install', 'chromium'] });
  if (status === 0 && works(own)) return own;
  if (installDistributionPackage()) {
    const found = installedBrowsers().find(works);
    if (found !== undefined) return found;
  }
  throw new Error(
    [
      'The browser tests need a Chromium, and none was found or could be installed. Do one of:',
      '  - install one:     Debian/Ubuntu: sudo apt install chromium   macOS: brew install --cask chromium',
      "  - Playwright's:    npx playwright install --with-deps chromium",
      '  - name yours:      CHROMIUM_PATH=/path/to/chromium npm test',
    ].join('\n'),
  );
}
