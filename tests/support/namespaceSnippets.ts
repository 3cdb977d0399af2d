/** Runs snippets about namespaces in a simulated host and, for root on Linux, on the real kernel: in a mount namespace of their own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandHost } from './commandHost.ts';

export interface Observed {
  readonly output: string;
  readonly status: number;
}

const folder = join(import.meta.dirname, '..', 'linux', 'namespaces', 'snippets');

export const topics = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -4))
  .sort();

/** The snippets of a topic: they are separated by lines of `%%`. */
export function snippetsOf(topic: string): string[] {
  return readFileSync(join(folder, `${topic}.txt`), 'utf8')
    .split(/^%%\n/m)
    .map((text) => text.replace(/\n$/, ''));
}

export function recordedOf(topic: string): Record<string, Observed> {
  const path = join(folder, `${topic}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/** What differs from run to run and from machine to machine: namespaces' numbers, times, a shell's way of naming a line. */
function settle(text: string): string {
  return text
    .replace(/\/tmp\/namespaces-\w+|\/work\b/g, 'DIR')
    .replace(/\b40265[3-9]\d{4}\b/g, 'NSID')
    .replace(/^\/?\S*\b(ba)?sh: line \d+: /gm, 'sh: ')
    .replace(/^sh: +\d+ (?=[A-Z])/gm, 'sh: PID ')
    .replace(/\/proc\/\d+\//g, '/proc/PID/')
    .replace(/^bash: fork: /gm, 'sh: fork: ')
    .replace(/kill: \(\d+\) - /g, 'kill: (PID) - ');
}

/** Both streams together: what is said in which order counts. CAP_SYS_RESOURCE is left out, since not every machine's root has it. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const wrapped = (snippet: string) =>
  `exec setpriv --bounding-set -sys_resource bash -c ${quoted(snippet)} 2>&1 </dev/null`;

export function runSimulated(snippet: string): Observed {
  const host = commandHost(
    {
      '/etc/passwd':
        'root:x:0:0:root:/root:/usr/bin/sh\nstudent:x:1000:1000::/home/student:/usr/bin/sh\nnobody:x:65534:65534::/:/usr/bin/sh\n',
      '/etc/group': 'root:x:0:\nstudent:x:1000:\nnogroup:x:65534:\n',
      '/media': { type: 'dir', mode: 0o755 },
      '/bin': { target: '/usr/bin' },
      '/opt': { type: 'dir', mode: 0o755 },
      '/srv': { type: 'dir', mode: 0o755 },
    },
    { network: true },
  );
  const { stdout, status } = host.command(
    `unshare -m bash -c '${wrapped(snippet).replaceAll("'", "'\\''")}'`,
  );
  return { output: settle(stdout), status };
}

/** Whether the tools and the right to use them are here. */
export function canRunReal(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const { status } = spawnSync('unshare', ['-mupinUrC', '--fork', 'true'], { timeout: 10_000 });
  return (
    status === 0 && ['unshare', 'nsenter', 'setpriv', 'lsns'].every((name) => existsSync(`/usr/bin/${name}`))
  );
}

export function runReal(snippet: string): Observed {
  const directory = mkdtempSync(join(tmpdir(), 'namespaces-'));
  try {
    const { stdout, stderr, status } = spawnSync('unshare', ['-m', 'bash', '-c', wrapped(snippet)], {
      cwd: directory,
      env: { PATH: '/usr/local/sbin:/usr/sbin:/usr/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' },
      input: '',
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { output: settle(stdout + stderr), status: status ?? -1 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Records anew what the machine's kernel does with the snippets of a topic. */
export function record(topic: string): void {
  const results = Object.fromEntries(snippetsOf(topic).map((snippet) => [snippet, runReal(snippet)]));
  writeFileSync(join(folder, `${topic}.json`), `${JSON.stringify(results, null, 2)}\n`);
}
