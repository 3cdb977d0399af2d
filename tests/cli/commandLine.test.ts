/** `virtbook`, run as its users run it: replay of a submission, and play in a terminal. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Submission } from '../../src/exercise/index.ts';
import { exerciseFile, newSession } from '../support/exerciseSession.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtbook-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'virtbook.ts');

function virtbook(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return { stdout, stderr, status };
}

/** A submission in a file, after `change`. */
function saved(name: string, submission: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof submission === 'string' ? submission : JSON.stringify(submission));
  return file;
}

describe('replay', () => {
  let submission: Submission;
  beforeAll(async () => {
    const { session, type } = await newSession('cli');
    await session.saveFile('overlay.ts', await exerciseFile('solution/overlay.ts'));
    type('ls /merged');
    submission = await session.submission();
  });

  test('prints score, each check and the hash of the world, as the learner saw them', () => {
    const { stdout, stderr, status } = virtbook('replay', saved('good.virtbook.json', submission));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { score, worldHash, checks } = submission.report;
    for (const check of checks) expect(stdout).toContain(check.title);
    expect(stdout).toContain(`score ${score.points} of ${score.of}\nworld ${worldHash}\nas submitted\n`);
  });

  test('--json is for programs', () => {
    const { stdout } = virtbook('replay', '--json', saved('json.virtbook.json', submission));
    expect(JSON.parse(stdout)).toEqual({
      exercise: 'container-disk-write',
      seed: 'cli',
      asSubmitted: true,
      report: submission.report,
    });
  });

  test('a report that was written by hand is not believed', () => {
    const forged = structuredClone(submission) as { report: { score: { points: number; of: number } } };
    forged.report.score.points += 5;
    const { stdout } = virtbook('replay', saved('forged.virtbook.json', forged));
    expect(stdout).toContain(`score ${submission.report.score.points} of`);
    expect(stdout).toContain('NOT as submitted');
  });

  test.each([
    ['no-file', null, /cannot be read: ENOENT/],
    ['no-json', 'hello', /not.*JSON/i],
    ['no-submission', '{"a":1}', /submission/],
    ['cut', '{"kind":"virtbook', /JSON/],
  ])('%s: says what is wrong in one line, with status 1', (name, text, message) => {
    const file = text === null ? join(folder, 'nowhere') : saved(name, text);
    const { stdout, stderr, status } = virtbook('replay', file);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(1);
  });
});

const python = spawnSync('python3', ['-c', 'import pty'], { encoding: 'utf8' }).status === 0;

/** Runs a command in a pseudo-terminal: waits for each text, then types the keys; prints all that was seen. */
const expectScript = `
import os, pty, sys, json, select
steps, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0: os.execv(argv[0], argv)
seen = b''
def more():
    global seen
    if not select.select([fd], [], [], 30)[0]: raise SystemExit('nothing came for 30 s after: ' + seen.decode())
    try: part = os.read(fd, 65536)
    except OSError: part = b''
    seen += part
    return part
for text, keys in steps:
    start = len(seen)
    while text.encode() not in seen[start:]:
        if not more(): raise SystemExit('ended before ' + text + ': ' + seen.decode())
    os.write(fd, keys.encode())
while more(): pass
sys.stdout.write(seen.decode())
`;

describe.skipIf(!python)('exercise play', () => {
  function play(steps: [text: string, keys: string][], files: string): string {
    const argv = [process.execPath, main, 'exercise', 'play', 'container-disk-write', '--folder', files];
    const { stdout, stderr } = spawnSync('python3', ['-c', expectScript, JSON.stringify(steps), ...argv], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout;
  }

  test('is the same session in one’s own terminal; Ctrl-] checks, and the submission replays', async () => {
    const files = join(folder, 'mine');
    mkdirSync(files);
    writeFileSync(join(files, 'overlay.ts'), await exerciseFile('solution/overlay.ts'));
    const seen = play(
      [
        ['$ ', 'echo $((6 * 7)) $(hostname)\r'],
        ['42 bluebox', '\u001d'],
      ],
      files,
    );
    const name = readdirSync(files).find((file) => file.endsWith('.virtbook.json'));
    expect(seen).toContain(`submission ${join(files, name ?? 'none')}`);
    const replayed = virtbook('replay', join(files, name ?? 'none'));
    expect(replayed.stdout).toContain('as submitted');
    const score = /score .*\d/.exec(seen)?.[0] ?? 'no score';
    expect(replayed.stdout).toContain(score);
  });

  test('puts the starter’s files where they are missing, and leaves with the shell', () => {
    const files = join(folder, 'fresh', 'deep');
    const seen = play([['$ ', 'exit\r']], files);
    expect(seen).toContain('Ctrl-] checks and leaves');
    expect(seen).toContain('logout');
    expect(seen).not.toContain('Press Enter');
    expect(readFileSync(join(files, 'overlay.ts'), 'utf8')).toContain('export');
  });

  test('without a terminal it says so', () => {
    const { stderr, status } = virtbook('exercise', 'play', 'container-disk-write');
    expect(stderr).toContain('needs a terminal');
    expect(status).toBe(1);
  });
});
