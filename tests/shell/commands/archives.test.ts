/** What the simulated tar and gzip write, the real ones read, and the other way round. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { commandHost } from '../../support/commandHost.ts';

const present = (program: string) => spawnSync(program, ['--version']).status === 0;

function real(command: string, input: Uint8Array): string {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', command], { input, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

function made(line: string): Uint8Array {
  const host = commandHost();
  expect(host.command(line)).toMatchObject({ stderr: '', status: 0 });
  return host.host.view.readFile('/work/out')!;
}

describe.skipIf(!present('gzip'))('gzip', () => {
  test.each([1, 6, 9])('real gzip expands what level %i made', (level) => {
    const packed = made(`seq 30000 | gzip -${level} > out`);
    expect(packed.length).toBeLessThan(80_000);
    expect(real('gzip -d | tail -n 1', packed)).toBe('30000\n');
  });

  test('real gzip reads the name and the time of a file', () => {
    const packed = made('echo hi > file; touch -d @1700000000 file; gzip -c file > out');
    expect(real('gzip -d', packed)).toBe('hi\n');
    expect(packed[4]! + packed[5]! * 256).toBe(1_700_000_000 % 65_536);
  });

  test('members, garbage and damage of real data are told apart, wherever a read ends', () => {
    const random = Random.fromSeed('gzip members');
    const noise = random.bytes(70_000);
    const one = spawnSync('gzip', ['-c'], { input: noise }).stdout;
    const two = Buffer.concat([one, one]);
    const host = commandHost({
      '/work/two.gz': { content: new Uint8Array(two) },
      '/work/cut.gz': { content: new Uint8Array(two.subarray(0, -5)) },
      '/work/raw': { content: noise },
    });
    expect(host.command('cat raw raw | cmp - <(zcat two.gz)')).toMatchObject({ stdout: '', status: 0 });
    expect(host.command('gzip -t cut.gz').stderr).toBe('\ngzip: cut.gz: unexpected end of file\n');
  });
});

describe.skipIf(!present('tar'))('tar', () => {
  const tree =
    'umask 022; mkdir -p d/e; echo one > d/a; ln d/a d/h; ln -s ../a d/e/l; long=$(printf %0120d 7); echo deep > d/$long; ' +
    'chmod 640 d/a; chown 12:34 d/a; find d | while read f; do touch -h -d @1600000000 $f 2>/dev/null || touch -d @1600000000 d/a d/e d; done; ';

  test('real tar lists what ours made as ours lists it', () => {
    const host = commandHost();
    const { stdout, stderr } = host.command(`${tree} tar czf out --mtime=@1600000000 d; tar tvzf out`);
    expect(stderr).toBe('');
    expect(stdout).toContain('link to d/a');
    expect(real('TZ=UTC tar tvzf -', host.host.view.readFile('/work/out')!)).toBe(stdout);
  });

  test.each(['gnu', 'pax', 'ustar'])('ours extracts what real tar made in the format %s', (format) => {
    const script = `cd $(mktemp -d); umask 022; mkdir -p d/e; echo one > d/a; ln d/a d/h; ln -s ../a d/e/l; name=$(printf %080d 7); mkdir d/$name; echo deep > d/$name/$name; tar c --format=${format} --sort=name --mtime=@1600000000 d`;
    const { stdout } = spawnSync('bash', ['-c', script]);
    const host = commandHost({ '/work/t.tar': { content: new Uint8Array(stdout) } });
    const listed = host.command('tar tvf t.tar');
    expect(listed.stdout).toBe(real('TZ=UTC tar tvf -', stdout));
    const { stdout: found } = host.command(
      'tar xf t.tar; cat d/h d/0*/0*; readlink d/e/l; stat -c "%h %Y" d/a; tar df t.tar && echo same',
    );
    expect(found).toBe('one\ndeep\n../a\n2 1600000000\nsame\n');
  });
});
