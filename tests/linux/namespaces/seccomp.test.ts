/** Filters of system calls: seccomp(2), and the OCI runtime specification's way of writing them. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, isOsError } from '../../../src/base/index.ts';
import { defaultSeccomp } from '../../../src/container/seccompProfile.ts';
import {
  CAPABILITIES,
  CLONE_NEWUTS,
  type Program,
  readFile,
  type SeccompFilter,
  type Sys,
  sys,
  writeAll,
} from '../../../src/linux/index.ts';
import { testHost } from '../../support/linuxHost.ts';

const run = (main: Program, user = 'root') => testHost({ main }).run(['/usr/bin/main'], { user });
const say = (text: string) => writeAll(1, `${text}\n`);

/** The error's name, or `ok`. */
function* outcome(body: () => Sys<unknown>): Sys<string> {
  try {
    yield* body();
    return 'ok';
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  }
}

const refusing = (
  names: string[],
  rule: Partial<NonNullable<SeccompFilter['syscalls']>[number]> = {},
): SeccompFilter => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names, action: 'SCMP_ACT_ERRNO', ...rule }],
});

/** Whether a directory of mode 0700 can be made under a filter. */
function* refused(filter: SeccompFilter, path: string): Sys<number> {
  yield* sys.seccomp(filter);
  yield* say(yield* outcome(() => sys.mkdir(path, 0o700)));
  return 0;
}

describe('seccomp', () => {
  test('names, errors, and arguments: the rule with arguments goes first', () => {
    const { output } = run(function* () {
      yield* sys.seccomp({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
          { names: ['kill'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
          { names: ['kill'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value: 0, op: 'SCMP_CMP_EQ' }] },
        ],
      });
      yield* say(yield* outcome(() => sys.mkdir('/tmp/d', 0o755)));
      yield* say(yield* outcome(() => sys.kill(1, 0)));
      yield* say(yield* outcome(() => sys.kill(1, 'HUP')));
      return 0;
    });
    expect(output).toBe('ENOSYS\nok\nEACCES\n');
  });

  test('needs no_new_privs or CAP_SYS_ADMIN, and is handed down over fork and exec', () => {
    const child: Program = function* () {
      yield* say(yield* outcome(() => sys.mkdir('/tmp/d', 0o755)));
      const status = decodeUtf8(yield* readFile('/proc/self/status'));
      yield* say(status.match(/^(NoNewPrivs|Seccomp).*/gm)!.join(' '));
      return 0;
    };
    const main: Program = function* () {
      const filter = refusing(['mkdir']);
      yield* say(yield* outcome(() => sys.seccomp(filter)));
      yield* sys.prctl('PR_SET_NO_NEW_PRIVS', 1);
      yield* say(yield* outcome(() => sys.seccomp(filter)));
      yield* sys.seccomp({ defaultAction: 'SCMP_ACT_ALLOW' });
      yield* sys.wait4(yield* sys.fork(() => sys.execve('/usr/bin/child', ['child'], new Map())));
      return 0;
    };
    const { output } = testHost({ main, child }).run(['/usr/bin/main'], { user: 'student' });
    expect(output).toBe('EACCES\nok\nEPERM\nNoNewPrivs:\t1 Seccomp:\t2 Seccomp_filters:\t2\n');
  });

  test('of several filters the hardest answer counts: nothing is loosened', () => {
    const { output, state } = run(function* () {
      yield* sys.seccomp(refusing(['rmdir'], { errnoRet: 2 }));
      yield* sys.seccomp(refusing(['rmdir'], { action: 'SCMP_ACT_ALLOW' }));
      yield* say(yield* outcome(() => sys.rmdir('/tmp')));
      yield* sys.seccomp(refusing(['rmdir'], { action: 'SCMP_ACT_KILL_PROCESS' }));
      yield* sys.rmdir('/tmp');
      yield* say('still here');
      return 0;
    });
    expect([output, state]).toEqual(['ENOENT\n', { kind: 'signaled', signal: 'SYS' }]);
  });

  test('a trap is a signal that can be caught, whatever is blocked', () => {
    const { output } = run(function* () {
      yield* sys.sigaction('SYS', 'catch');
      yield* sys.sigprocmask('block', ['SYS']);
      yield* sys.seccomp(refusing(['rmdir'], { action: 'SCMP_ACT_TRAP' }));
      yield* say(yield* outcome(() => sys.rmdir('/tmp')));
      yield* say((yield* sys.takeSignals()).join());
      yield* sys.sigaction('SYS', 'ignore');
      yield* sys.rmdir('/tmp');
      return 0;
    });
    expect(output).toBe('ENOSYS\nSYS\n');
  });

  test('filters that differ in a number alone are two', () => {
    const masked = (valueTwo: number) =>
      refusing(['mkdir'], {
        args: [{ index: 1, value: 0o777, valueTwo, op: 'SCMP_CMP_MASKED_EQ' }],
      });
    const { output } = run(function* () {
      const filters = [
        refusing(['mkdir'], { errnoRet: 1 }),
        refusing(['mkdir'], { errnoRet: 38 }),
        { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] } as const,
        masked(0o700),
        masked(0o755),
        masked(0o700),
      ];
      for (const [i, filter] of filters.entries()) {
        const pid = yield* sys.fork(() => refused(filter, `/made${i}`));
        yield* sys.wait4(pid);
      }
      return 0;
    });
    expect(output).toBe('EPERM\nENOSYS\nok\nEPERM\nok\nEPERM\n');
  });

  test('an action that needs a tracer is refused', () => {
    const { output } = run(function* () {
      const filter = { defaultAction: 'SCMP_ACT_TRACE' } as unknown as SeccompFilter;
      yield* say(yield* outcome(() => sys.seccomp(filter)));
      return 0;
    });
    expect(output).toBe('EINVAL\n');
  });

  test('the default profile of containers: namespaces and mounts need CAP_SYS_ADMIN, pivot_root nobody has', () => {
    const tries = (filter: SeccompFilter) =>
      run(function* () {
        yield* sys.seccomp(filter);
        yield* say(yield* outcome(() => sys.mount('none', '/tmp', 'tmpfs', 0, '')));
        yield* say(yield* outcome(() => sys.unshare(CLONE_NEWUTS)));
        yield* say(
          yield* outcome(() =>
            sys.fork(
              function* () {
                return 0;
              },
              { flags: CLONE_NEWUTS },
            ),
          ),
        );
        yield* say(
          yield* outcome(() =>
            sys.fork(function* () {
              return 0;
            }),
          ),
        );
        yield* say(yield* outcome(() => sys.pivot_root('/tmp', '/tmp')));
        return 0;
      }).output;
    expect(tries(defaultSeccomp(['CAP_CHOWN']))).toBe('EPERM\nEPERM\nEPERM\nok\nEPERM\n');
    expect(tries(defaultSeccomp(CAPABILITIES))).toBe('ok\nok\nok\nok\nEPERM\n');
  });
});
