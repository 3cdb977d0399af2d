/** Errors of the simulation's own in a program or its system call: who asked to be told of them keeps the host. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../src/base/index.ts';
import { type Oops, type Program, sys, writeAll } from '../../src/linux/index.ts';
import { testHost } from '../support/linuxHost.ts';

const BROKEN: Readonly<Record<string, Program>> = {
  'a program': function* () {
    yield* sys.getpid();
    throw new TypeError('no such property');
  },
  'its system call': function* () {
    yield* sys.open(undefined as unknown as string, 0);
    return 0;
  },
};

/** A host whose `main` starts `broken`, waits for it and says how it ended. */
function hostWith(broken: Program) {
  const oopses: Oops[] = [];
  const made = testHost(
    {
      *main() {
        const child = yield* sys.fork(broken);
        const { state } = yield* sys.wait4(child);
        yield* sys.nanosleep(MILLISECOND);
        yield* writeAll(1, JSON.stringify(state));
        return 0;
      },
    },
    { onOops: (oops) => oopses.push(oops) },
  );
  return { ...made, oopses };
}

describe.each(Object.entries(BROKEN))('an error of ours in %s', (_, broken) => {
  test('ends that process alone, as a fault in the kernel does, and is told', () => {
    const { run, oopses, host, advance } = hostWith(broken);
    expect(run(['/usr/bin/main'])).toEqual({
      output: '{"kind":"signaled","signal":"SEGV"}',
      state: { kind: 'exited', code: 0 },
    });
    expect(oopses.map(({ comm, error }) => `${comm}: ${error.name}`)).toEqual(['main: TypeError']);
    advance(MILLISECOND);
    expect(host.view.processes().map(({ comm }) => comm)).toEqual(['init']);
  });

  test('is thrown where nobody asked to be told', () => {
    const { run } = testHost({ main: broken });
    expect(() => run(['/usr/bin/main'])).toThrow(TypeError);
  });
});

test('a limit of the JavaScript engine is thrown all the same: another engine would not have met it there', () => {
  const deep = (): number => 1 + deep();
  const { run, oopses } = hostWith(function* () {
    return deep();
  });
  expect(() => run(['/usr/bin/main'])).toThrow(RangeError);
  expect(oopses).toEqual([]);
});

test('without its first process a host cannot be: an error in that is thrown', () => {
  const oopses: Oops[] = [];
  const boot = () => testHost({ init: BROKEN['a program']! }, { onOops: (oops) => oopses.push(oops) });
  expect(boot).toThrow(TypeError);
  expect(oopses).toEqual([]);
});
