/** `virtbook hyper`: the book's guest in a VM, from the command line, as a user starts it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../../src/cli/virtbook.ts', import.meta.url));
let folder: string;
let domain: string;

function virtbook(args: readonly string[], input = '') {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', input, timeout: 60_000 });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtbook-hyper-'));
  domain = virtbook(['hyper', '--export', folder]).stdout.trim();
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The exported domain, changed. */
function changed(name: string, change: (xml: string) => string): string {
  const file = join(folder, name);
  writeFileSync(file, change(readFileSync(domain, 'utf8')));
  return file;
}

describe('virtbook hyper', () => {
  test('boots to its login, takes what is typed, and powers off', () => {
    const { stdout, stderr, status } = virtbook(['hyper', domain], 'root\necho 6 times 7\npoweroff\n');
    expect(stdout).toMatch(/Virtbook guest kernel[\s\S]*login: root[\s\S]*6 times 7[\s\S]*power down/);
    expect(stderr).toMatch(/^guest: shutdown after \d+ instructions, \d+ ns; VM exits: .*guestPageFault:\d+/);
    expect(status).toBe(0);
  });

  test('a disk of the domain is an image file of this machine, raw or qcow2, and keeps what is written', () => {
    const image = join(folder, 'disk.raw');
    writeFileSync(image, new Uint8Array(1 << 20));
    const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk>`;
    const file = changed('disk.xml', (xml) => xml.replace('<devices>', `<devices>${disk}`));
    const { stdout, status } = virtbook(
      ['hyper', file],
      'root\ndd if=/bin/box of=/dev/vda count=2\nsync\npoweroff\n',
    );
    expect(stdout).toContain('vda at');
    expect(status).toBe(0);
    expect(readFileSync(image).subarray(0, 4)).toEqual(Buffer.from('\x7fELF', 'latin1'));
  });

  test('a limit on instructions ends it with status 124', () => {
    expect(virtbook(['hyper', '--max-instructions', '100000', domain]).status).toBe(124);
  });

  test.each([
    ['no file', ['hyper'], /Name a file with domain XML/],
    ['a file that is not there', ['hyper', 'none.xml'], /none\.xml: ENOENT/],
  ])('%s is refused in one line', (_, args, message) => {
    const { stderr, status } = virtbook(args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(1);
  });

  test('XML that is not well-formed, a kernel that is none, a device that is not simulated', () => {
    const refused = (name: string, change: (xml: string) => string) =>
      virtbook(['hyper', changed(name, change)]).stderr.trim();
    expect(refused('broken.xml', (xml) => xml.replace('</os>', ''))).toMatch(/broken\.xml: /);
    expect(refused('kernel.xml', (xml) => xml.replace('kernel.elf', 'initramfs.cpio'))).toMatch(
      /kernel\.xml: .*ELF/,
    );
    expect(refused('sound.xml', (xml) => xml.replace('<devices>', "<devices><sound model='ich9'/>"))).toMatch(
      /sound.*not simulated/,
    );
  });
});
