/** The machine's own tar(1), to hold ours to: archives go through files of a temporary directory. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `body` in a directory that is gone afterwards. */
export function inTemporary<T>(body: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'oci-'));
  try {
    return body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `tar` with `args` in `cwd`; its standard output. */
export function tar(cwd: string, ...args: string[]): Uint8Array {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  return new Uint8Array(execFileSync('tar', args, { cwd, maxBuffer: 1 << 26, env }));
}

/** The lines of `tar -tv --numeric-owner` for an archive's bytes. */
export function listing(archive: Uint8Array): string[] {
  return inTemporary((dir) => {
    writeFileSync(join(dir, 'a.tar'), archive);
    const lines = tar(dir, '--numeric-owner', '--full-time', '-tvf', 'a.tar');
    return new TextDecoder().decode(lines).split('\n').slice(0, -1);
  });
}
