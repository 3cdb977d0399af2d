/** Runs shell snippets in our shell and, where there is one, in the machine's bash. Node only. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeUtf8 } from '../../src/base/index.ts';
import { shellHost } from './shellHost.ts';

export interface SnippetResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** `snippets` holds the shell's own, `utilities` those whose subject is the program of the topic's name. */
const folders = ['snippets', 'utilities'].map((name) => join(import.meta.dirname, '..', 'shell', name));

/** The names of a folder's snippet files, without their ending. */
const topicsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -4))
    .sort();

const [shellFolder = '', utilityFolder = ''] = folders;
export const shellTopics = topicsIn(shellFolder);
export const utilityTopics = topicsIn(utilityFolder);

function pathOf(topic: string, ending: 'txt' | 'json'): string {
  return join(shellTopics.includes(topic) ? shellFolder : utilityFolder, `${topic}.${ending}`);
}

/** The snippets of a topic: they are separated by lines of `%%`. */
export function snippetsOf(topic: string): string[] {
  return readFileSync(pathOf(topic, 'txt'), 'utf8')
    .split(/^%%\n/m)
    .map((text) => text.replace(/\n$/, ''));
}

/** What the real programs were seen to do with each snippet. */
export function recordedResults(topic: string): Record<string, SnippetResult> {
  return JSON.parse(readFileSync(pathOf(topic, 'json'), 'utf8'));
}

const BASH = '/usr/bin/bash';

/** The version of the machine's bash, or null. Only 5.2 says and does what is recorded. */
export function machineBash(): string | null {
  if (!existsSync(BASH)) return null;
  const { stdout } = spawnSync(BASH, ['-c', 'echo ${BASH_VERSION%.*}'], { encoding: 'utf8' });
  return stdout.trim();
}

/** The first line of what a program of the machine says of its version, for example `sed (GNU sed) 4.9`; null when it is not there. */
export function machineVersion(program: string): string | null {
  const { stdout, stderr, error } = spawnSync(program, ['--version'], { encoding: 'utf8', input: '' });
  return error === undefined ? (`${stdout}${stderr}`.split('\n')[0] ?? null) : null;
}

/** Process numbers, and the directory a snippet runs in, differ from run to run. */
function settle(text: string, directory: string): string {
  return text
    .replaceAll(directory, '/work')
    .replace(/^(.*line \d+:) +\d+ (?=[A-Z])/gm, '$1 PID ')
    .replace(/\/dev\/fd\/\d+/g, '/dev/fd/N');
}

/** Runs a snippet in the machine's bash, in an empty directory with an empty environment. */
export function runInBash(snippet: string): SnippetResult {
  const directory = mkdtempSync(join(tmpdir(), 'snippet-'));
  try {
    const { stdout, stderr, status } = spawnSync(BASH, ['--norc', '-c', snippet], {
      cwd: directory,
      env: { PATH: '/usr/bin', HOME: '/root', LANG: 'C.UTF-8' },
      input: '',
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { stdout: settle(stdout, directory), stderr: settle(stderr, directory), status: status ?? -1 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs a snippet in our shell, on a fresh host. */
export function runInOurs(snippet: string): SnippetResult {
  const { host, run } = shellHost();
  const outer =
    'unset OLDPWD; SHLVL=0 HOME=/root PATH=/usr/bin LANG=C.UTF-8 /usr/bin/bash -c "$1" >/tmp/out 2>/tmp/err </dev/null';
  const { state, output } = run(['/usr/bin/bash', '-c', outer, 'outer', snippet], { cwd: '/work' });
  const file = (path: string) => settle(decodeUtf8(host.view.readFile(path) ?? new Uint8Array()), '/work');
  const status = state?.kind === 'exited' ? state.code : -1;
  return { stdout: file('/tmp/out'), stderr: file('/tmp/err') + output.replace(/.*Killed.*\n/, ''), status };
}

/** Records anew what the machine's bash does with the snippets of a topic. */
export function record(topic: string): void {
  const results = Object.fromEntries(snippetsOf(topic).map((snippet) => [snippet, runInBash(snippet)]));
  writeFileSync(pathOf(topic, 'json'), `${JSON.stringify(results, null, 1)}\n`);
}
