/**
 * qemu-img in a simulated host says what QEMU's own says: a session recorded from it (session.txt), command by command, with
 * the same files. Where qemu-img is installed, the recording is held against it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../../../src/disk/index.ts';
import { commandHost } from '../../../support/commandHost.ts';
import { fastDirectory, hasTool, withDiskTools } from '../../../support/diskTools.ts';

interface Recorded {
  readonly command: string;
  readonly output: string;
  readonly status: number;
}

const recorded: readonly Recorded[] = readFileSync(new URL('session.txt', import.meta.url), 'utf8')
  .split(/^(?=\$ )/m)
  .map((part) => {
    const [, command, output, status] = /^\$ (.*)\n([\s\S]*)\[rc=(\d+)\]\n$/.exec(part)!;
    return { command: command!, output: output!, status: Number(status) };
  });

/** Space on the disk depends on the file system, and the order of standard output and error on nothing at all. */
function normal(output: string): string {
  const text = output
    .replace(/disk size: .*/g, 'disk size: N')
    .replace(/"actual-size": \d+/g, '"actual-size": N');
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

describe('a recorded session', () => {
  const host = commandHost();
  test.each(recorded)('$command', ({ command, output, status }) => {
    const result = host.command(`exec 2>&1; ${command}`);
    expect(normal(result.stdout)).toBe(normal(output));
    expect(result.status).toBe(status);
  });

  test.skipIf(!hasTool('qemu-img'))('leaves images in which QEMU’s own finds no error', () => {
    const own = commandHost();
    own.command(
      [
        'yes abcdefg | head -c 300000 >data && truncate -s 3M data',
        'qemu-img convert -f raw -O qcow2 data plain && qemu-img convert -c -O qcow2 plain packed',
        'qemu-img create -q -f qcow2 -o cluster_size=4k small 3M && qemu-img snapshot -c one small',
        'qemu-img convert -O qcow2 plain over && qemu-img rebase -u -b small -F qcow2 over && qemu-img commit -q over',
        'qemu-img snapshot -c two small && qemu-img resize -q small 5M && qemu-img snapshot -d one small',
        'qemu-img rebase -b "" over && qemu-img resize -q --shrink over 100k',
      ].join(' && '),
    );
    withDiskTools((tools) => {
      const names = ['plain', 'packed', 'small', 'over'];
      for (const name of ['data', ...names])
        tools.put(name, MemoryStore.of(own.host.view.readFile(`/work/${name}`)!));
      for (const name of names)
        expect(tools.run('qemu-img', 'check', '-f', 'qcow2', name).output).toMatch(/^No errors were found/);
      for (const name of ['plain', 'packed', 'small'])
        expect(tools.run('qemu-img', 'compare', '-F', 'raw', name, 'data').output).toMatch(
          /Images are identical\.\n$/,
        );
    });
  });

  test.skipIf(!hasTool('qemu-img'))('is what the machine’s qemu-img does', { timeout: 120_000 }, () => {
    const cwd = mkdtempSync(join(fastDirectory(), 'qemu-img-'));
    try {
      const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', HOME: '/root' };
      for (const { command, output, status } of recorded) {
        const result = spawnSync('bash', ['-c', `exec 2>&1; ${command}`], {
          cwd,
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        expect(normal(result.stdout), command).toBe(normal(output));
        expect(result.status, command).toBe(status);
      }
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
