/** A disk image in a host's file: reads see what was written before it is in the file, and the file ends up the same. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../../../src/base/index.ts';
import { O_CREAT, O_RDWR, type Sys, sys, writeAll } from '../../../../src/linux/index.ts';
import { FileStore } from '../../../../src/shell/commands/disk/fileStore.ts';
import { commandHost } from '../../../support/commandHost.ts';
import { testHost } from '../../../support/linuxHost.ts';

type Step =
  | { readonly op: 'write'; readonly at: number; readonly length: number; readonly fill: number }
  | { readonly op: 'truncate'; readonly size: number }
  | { readonly op: 'settle' | 'flush' };

const LIMIT = 30_000;
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      op: fc.constant('write' as const),
      at: fc.nat(20_000),
      length: fc.nat(9000),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
    fc.record({ op: fc.constant('truncate' as const), size: fc.nat(LIMIT) }),
    fc.record({ op: fc.constantFrom('settle' as const, 'flush' as const) }),
  ),
  { maxLength: 12 },
);

/** What `body` returns, run as a program of a host. */
function inProgram<T>(body: () => Sys<T>): { value: T; calls: string[] } {
  let value: T | undefined;
  const calls: string[] = [];
  const host = testHost({
    probe: function* () {
      const run = body();
      // Notes each system call on its way.
      for (let reply = run.next(); ; ) {
        if (reply.done) {
          value = reply.value;
          return 0;
        }
        calls.push(reply.value.call);
        reply = run.next(yield reply.value);
      }
    },
  });
  expect(host.run(['/usr/bin/probe']).state).toEqual({ kind: 'exited', code: 0 });
  return { value: value as T, calls };
}

test('random work leaves what an array has, before and after it is settled', () => {
  fc.assert(
    fc.property(steps, (work) => {
      const { value } = inProgram(function* () {
        const fd = yield* sys.open('/tmp/f', O_CREAT | O_RDWR, 0o600);
        yield* writeAll(fd, new Uint8Array(5000).fill(9));
        const store = yield* FileStore.over(fd);
        const model = new Uint8Array(LIMIT).fill(9, 0, 5000);
        let size = 5000;
        for (const each of work) {
          if (each.op === 'write') {
            store.write(each.at, new Uint8Array(each.length).fill(each.fill));
            model.fill(each.fill, each.at, each.at + each.length);
            if (each.length > 0) size = Math.max(size, each.at + each.length);
          } else if (each.op === 'truncate') {
            store.truncate(each.size);
            size = each.size;
            model.fill(0, size);
          } else if (each.op === 'flush') store.flush();
          else yield* store.settle();
          if (store.size !== size || !equalBytes(store.read(0, LIMIT), model))
            return `wrong after ${JSON.stringify(each)}`;
          // What is not zero lies in a range of data.
          const rest = model.slice();
          for (let range = store.dataFrom(0); range !== null; range = store.dataFrom(range.end))
            rest.fill(0, range.start, range.end);
          if (rest.some((byte) => byte !== 0)) return `data missed after ${JSON.stringify(each)}`;
        }
        yield* store.settle();
        const file = yield* sys.pread(fd, LIMIT, 0);
        return equalBytes(file, model.subarray(0, size)) ? 'right' : 'the file differs';
      });
      expect(value).toBe('right');
    }),
    { numRuns: 60 },
  );
});

test('changes reach the kernel in their order, with fsync where the image flushed', () => {
  const { calls } = inProgram(function* () {
    const fd = yield* sys.open('/tmp/f', O_CREAT | O_RDWR, 0o600);
    const store = yield* FileStore.over(fd);
    store.write(0, new Uint8Array(10));
    store.flush();
    store.flush();
    store.truncate(5);
    store.write(0, new Uint8Array(1));
    store.flush();
    yield* store.settle();
  });
  expect(calls).toEqual([
    'open',
    'fstat',
    'mmap',
    'lseek',
    'write',
    'fsync',
    'ftruncate',
    'lseek',
    'write',
    'fsync',
  ]);
});

describe('qemu-img', () => {
  test('makes and converts disks of 100 GB that take little space', () => {
    const host = commandHost();
    const { stdout, stderr } = host.command(
      'qemu-img create -q -f raw r 100G && echo hello | dd of=r bs=1M seek=70000 conv=notrunc status=none && qemu-img convert -O qcow2 r q && qemu-img compare r q && qemu-img convert q back && stat -c %s r q back && du r q back',
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(
      [
        'Images are identical.',
        '107374182400',
        '393216',
        '107374182400',
        '8\tr',
        '324\tq',
        '8\tback',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['create --object x a 1M', "option '--object' is not simulated on this host"],
    ['info -U a', "option '-U' is not simulated on this host"],
    ['convert -m 4 a b', "option '-m' is not simulated on this host"],
    ['convert -B base a b', "option '-B' is not simulated on this host"],
    ['commit -b base a', "option '-b' is not simulated on this host"],
    ['create -f qcow2 -o extended_l2=on a 1M', 'a: extended_l2=on is not simulated on this host'],
    [
      'create -f qcow2 -o compression_type=zstd a 1M',
      'a: compression_type=zstd is not simulated on this host',
    ],
    ['create -f qcow2 -o preallocation=full a 1M', 'a: preallocation=full is not simulated on this host'],
    ['create -f vmdk a 1M', 'a: vmdk is simulated for reading only: raw and qcow2 can be made'],
    ['create -f vdi a 1M', "a: Unknown file format 'vdi'"],
    ['amend -o compat=1.1 a', 'the command amend is not simulated on this host'],
    ['dd if=a of=b', 'the command dd is not simulated on this host'],
    ['convert a b c', 'joining several images is not simulated on this host'],
  ])('refuses what is not simulated by name: %s', (line, message) => {
    const host = commandHost();
    host.command('qemu-img create -q a 1M');
    const { stderr, status } = host.command(`qemu-img ${line}`);
    expect(stderr.split('\n')[0]).toBe(`qemu-img: ${message}`);
    expect(status).toBe(1);
  });

  test('says what the kernel refuses', () => {
    const host = commandHost();
    host.command('qemu-img create -q -f qcow2 mine 1M && chmod 600 mine && chmod 755 /work && rm /var/out/*');
    const asStudent = (line: string) => host.command(line, { user: 'student' }).stderr;
    expect(asStudent('qemu-img info mine')).toBe(
      "qemu-img: Could not open 'mine': Could not open 'mine': Permission denied\n",
    );
    expect(asStudent('qemu-img create -q new 1M')).toBe(
      "qemu-img: new: Could not create 'new': Permission denied\n",
    );
    expect(host.command('ulimit -f 8; qemu-img create -q -f qcow2 large 1M').status).not.toBe(0);
  });

  test('follows chains of backing files, and finds a circle', () => {
    const host = commandHost();
    const { stderr } = host.command(
      'qemu-img create -q -f qcow2 a 1M; qemu-img create -q -f qcow2 -b a -F qcow2 b; qemu-img rebase -u -b b -F qcow2 a; qemu-img check a',
    );
    expect(stderr).toBe(
      "qemu-img: Could not open 'a': Could not open backing file: Backing file 'a' creates an infinite loop.\n",
    );
  });

  test('shows how far a conversion is', () => {
    const host = commandHost();
    const { stdout } = host.command('yes | head -c 4194304 >d; qemu-img convert -p -f raw -O qcow2 d q');
    expect(stdout.split('\r').map((part) => part.trim())).toEqual([
      '(0.00/100%)',
      '(25.00/100%)',
      '(50.00/100%)',
      '(75.00/100%)',
      '(100.00/100%)',
      '(100.00/100%)',
      '',
    ]);
  });
});
