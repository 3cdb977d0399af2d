/**
 * The first step of every npm script: install what package-lock.json asks for when that has not been done, then go on in the
 * Node that the project brings along. Plain JavaScript without dependencies, because it must run on an older Node, before
 * anything is installed.
 *
 *     node src/cli/bootstrap.mjs start|dev|build|test|bench|guests|lock|virtbook [arguments]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stamp = path.join(root, 'node_modules', '.virtbook-lock');

/** What an install depends on: a stamp that differs from it means that the install is missing or of another version. */
function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
}

function installIfNeeded() {
  const wanted = lockDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing what package-lock.json asks for (about 700 MB, once) …\n');
  const windows = process.platform === 'win32';
  const npm = spawnSync(windows ? 'npm.cmd' : 'npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: windows,
  });
  if (npm.status !== 0) {
    process.stderr.write(
      'npm ci failed, see above. Virtbook needs npm 10 or newer, access to a package registry and 1 GB of disk. Then run the same command again.\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** The Node in node_modules: the pages' tools need a newer one than many systems have. */
function ownNode() {
  const bin = path.join(root, 'node_modules', 'node', 'bin');
  const own = ['node', 'node.exe'].map((name) => path.join(bin, name)).find((file) => existsSync(file));
  if (own !== undefined) return own;
  process.stderr.write(
    `node_modules/node/bin has no Node: its install script did not run. Remove node_modules and run "npm install-scripts" or "npm ci" with scripts allowed.\n`,
  );
  process.exit(1);
}

installIfNeeded();
const [command = '', ...args] = process.argv.slice(2);
const node = ownNode();
const entry = command === 'virtbook' ? ['src/cli/virtbook.ts'] : ['src/cli/project/main.ts', command];
// A world lives through some collections and then ends as a whole. V8 takes its objects for long-lived then, and makes those of the next
// worlds old at once, which keeps all that they know, too, until a full collection: it then copied 6 MB each time instead of 1.
const flags = ['--no-allocation-site-pretenuring'];
const child = spawn(node, [...flags, path.join(root, entry[0]), ...entry.slice(1), ...args], {
  stdio: 'inherit',
  env: {
    ...process.env,
    // What Node makes of the TypeScript is kept, so that the next command starts in half the time.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(root, '.cache', 'node'),
    PATH: [path.dirname(node), path.join(root, 'node_modules', '.bin'), process.env.PATH].join(
      path.delimiter,
    ),
  },
});
// A terminal sends Ctrl-C to the child too: wait for its own end, and end as it did.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
