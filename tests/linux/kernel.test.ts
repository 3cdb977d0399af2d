/** What programs of a host see of its kernel, asked as questions. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, isOsError, MILLISECOND, SECOND } from '../../src/base/index.ts';
import {
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  executableImage,
  LineReader,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  type Program,
  readAll,
  readFile,
  type Sys,
  sys,
  WNOHANG,
  WUNTRACED,
  writeAll,
} from '../../src/linux/index.ts';
import { testHost } from '../support/linuxHost.ts';

const say = (text: string) => writeAll(1, `${text}\n`);

/** Runs `main` as a program of a fresh host and returns what it printed. */
function output(main: Program, options: Parameters<typeof testHost>[1] & { user?: string } = {}): string {
  const { output, state } = testHost({ main }, options).run(['/usr/bin/main'], {
    user: options.user ?? 'root',
  });
  expect(state).not.toBeNull();
  return output;
}

/** The error's name that `body` ends with; `ok` when it does not. */
function* outcome(body: () => Sys<unknown>): Sys<string> {
  try {
    yield* body();
    return 'ok';
  } catch (error) {
    if (isOsError(error)) return error.code;
    throw error;
  }
}

describe('processes', () => {
  test('does a parent learn how its child ended?', () => {
    expect(
      output(function* () {
        const child = yield* sys.fork(function* () {
          return 7;
        });
        const { pid, state } = yield* sys.wait4(child);
        yield* say(`${pid === child} ${JSON.stringify(state)}`);
        return 0;
      }),
    ).toBe('true {"kind":"exited","code":7}\n');
  });

  test('is a dead child a zombie until it is waited for, and gone after?', () => {
    expect(
      output(function* () {
        const child = yield* sys.fork(function* () {
          return 0;
        });
        yield* sys.nanosleep(MILLISECOND);
        const state = /State:\t(\S)/.exec(decodeUtf8(yield* readFile(`/proc/${child}/status`)))?.[1];
        yield* sys.wait4(child);
        yield* say(`${state} ${yield* outcome(() => readFile(`/proc/${child}/status`))}`);
        return 0;
      }),
    ).toBe('Z ENOENT\n');
  });

  test('who is the parent of an orphan?', () => {
    expect(
      output(function* () {
        const [reading, writing] = yield* sys.pipe();
        const child = yield* sys.fork(function* () {
          yield* sys.fork(function* () {
            yield* sys.nanosleep(MILLISECOND);
            yield* writeAll(writing, `${yield* sys.getppid()}`);
            return 0;
          });
          return 0;
        });
        yield* sys.wait4(child);
        yield* sys.close(writing);
        yield* say(decodeUtf8(yield* readAll(reading)));
        return 0;
      }),
    ).toBe('1\n');
  });

  test('does waiting without children, or without waiting, say so?', () => {
    expect(
      output(function* () {
        yield* say(yield* outcome(() => sys.wait4(-1)));
        yield* sys.fork(function* () {
          yield* sys.nanosleep(SECOND);
          return 0;
        });
        yield* say(`${(yield* sys.wait4(-1, WNOHANG)).pid}`);
        return 0;
      }),
    ).toBe('ECHILD\n0\n');
  });

  test('which of several dead children is told of first, and is a stopped one passed over?', () => {
    expect(
      output(function* () {
        const ending = (after: number) =>
          sys.fork(function* () {
            yield* sys.nanosleep(after);
            return 0;
          });
        const stopped = yield* ending(SECOND);
        yield* sys.kill(stopped, 'STOP');
        const late = yield* ending(3 * MILLISECOND);
        const soon = yield* ending(MILLISECOND);
        const living = yield* ending(SECOND);
        yield* sys.nanosleep(10 * MILLISECOND);
        yield* say(`${(yield* sys.wait4(living, WNOHANG)).pid}`);
        const told: number[] = [];
        for (let i = 0; i < 3; i++) told.push((yield* sys.wait4(-1, WNOHANG)).pid);
        yield* say(`${told[0] === late} ${told[1] === soon} ${told[2]}`);
        yield* say(`${(yield* sys.wait4(-1, WNOHANG | WUNTRACED)).pid === stopped}`);
        yield* say(`${(yield* sys.wait4(-1, WNOHANG | WUNTRACED)).pid}`);
        yield* say(yield* outcome(() => sys.wait4(late, WNOHANG)));
        return 0;
      }),
    ).toBe('0\ntrue true 0\ntrue\n0\nECHILD\n');
  });

  test('does a fork bomb end in EAGAIN?', () => {
    expect(
      output(
        function* () {
          const last = yield* outcome(function* () {
            for (;;) {
              yield* sys.fork(function* () {
                yield* sys.nanosleep(SECOND);
                return 0;
              });
            }
          });
          yield* say(last);
          return 0;
        },
        { user: 'student' },
      ),
    ).toBe('EAGAIN\n');
  });

  test('do two computations share one CPU, and have one each of two?', () => {
    const race: Program = function* () {
      const burn = function* () {
        yield* sys.compute(100 * MILLISECOND);
        return 0;
      };
      const before = yield* sys.clock_gettime('monotonic');
      yield* sys.fork(burn);
      yield* sys.fork(burn);
      yield* sys.wait4(-1);
      yield* sys.wait4(-1);
      const after = yield* sys.clock_gettime('monotonic');
      const millis = (after.sec - before.sec) * 1000 + (after.nsec - before.nsec) / 1e6;
      yield* say(`${Math.round(millis / 10) * 10}`);
      return 0;
    };
    expect([output(race, { cpus: 1 }), output(race, { cpus: 2 })]).toEqual(['200\n', '100\n']);
  });
});

describe('programs', () => {
  test('does execve follow #!, with its argument and the script’s path?', () => {
    const show: Program = function* ({ argv }) {
      yield* say(argv.join('|'));
      return 0;
    };
    const { run } = testHost(
      { show },
      { files: { '/tmp/script': { content: '#!/usr/bin/show -x\n', mode: 0o755 } } },
    );
    expect(run(['/tmp/script', 'a', 'b']).output).toBe('/usr/bin/show|-x|/tmp/script|a|b\n');
  });

  test('does execve of a set-user-ID file change the effective user alone, and of a script no user?', () => {
    const show: Program = function* () {
      yield* say(
        `${yield* sys.getuid()} ${yield* sys.geteuid()} ${yield* sys.getgid()} ${yield* sys.getegid()}`,
      );
      return 0;
    };
    const content = executableImage('show');
    const { run } = testHost(
      { show },
      {
        files: {
          '/tmp/user': { content, mode: 0o4755 },
          '/tmp/other': { content, mode: 0o4755, uid: 7, gid: 8 },
          '/tmp/group': { content, mode: 0o2755, uid: 7, gid: 8 },
          '/tmp/locking': { content, mode: 0o2745, uid: 7, gid: 8 },
          '/tmp/script': { content: '#!/usr/bin/show\n', mode: 0o4755 },
        },
      },
    );
    const ids = (path: string) => run([path], { user: 'student' }).output;
    expect(ids('/usr/bin/show')).toBe('1000 1000 1000 1000\n');
    expect(ids('/tmp/user')).toBe('1000 0 1000 1000\n');
    expect(ids('/tmp/other')).toBe('1000 7 1000 1000\n');
    expect(ids('/tmp/group')).toBe('1000 1000 1000 8\n');
    expect(ids('/tmp/locking')).toBe('1000 1000 1000 1000\n');
    expect(ids('/tmp/script')).toBe('1000 1000 1000 1000\n');
  });

  test.each([
    ['/tmp/plain', 'EACCES'],
    ['/tmp/text', 'ENOEXEC'],
    ['/tmp/gone', 'ENOENT'],
    ['/tmp', 'EACCES'],
  ])('execve of %s is %s', (path, expected) => {
    const main: Program = function* () {
      yield* say(yield* outcome(() => sys.execve(path, [path], new Map())));
      return 0;
    };
    const files = { '/tmp/plain': 'x', '/tmp/text': { content: 'hello\n', mode: 0o755 } };
    expect(output(main, { files })).toBe(`${expected}\n`);
  });

  test('is a program with an error that it does not handle ended with a message?', () => {
    const main: Program = function* () {
      yield* sys.open('/nowhere', O_RDONLY);
      return 0;
    };
    const { output, state } = testHost({ main }).run(['/usr/bin/main']);
    expect([output, state]).toEqual(['main: No such file or directory\n', { kind: 'exited', code: 1 }]);
  });
});

describe('signals', () => {
  test.each([
    ['TERM', { kind: 'signaled', signal: 'TERM' }],
    ['KILL', { kind: 'signaled', signal: 'KILL' }],
  ] as const)('does %s end a process that sleeps?', (signal, expected) => {
    expect(
      output(function* () {
        const child = yield* sys.fork(function* () {
          yield* sys.nanosleep(100 * SECOND);
          return 0;
        });
        yield* sys.nanosleep(MILLISECOND);
        yield* sys.kill(child, signal);
        yield* say(JSON.stringify((yield* sys.wait4(child)).state));
        return 0;
      }),
    ).toBe(`${JSON.stringify(expected)}\n`);
  });

  test('is a caught signal an EINTR for the call and kept for the program?', () => {
    expect(
      output(function* () {
        const child = yield* sys.fork(function* () {
          yield* sys.sigaction('USR1', 'catch');
          const how = yield* outcome(() => sys.nanosleep(100 * SECOND));
          yield* say(`${how} ${(yield* sys.takeSignals()).join()}`);
          return 0;
        });
        yield* sys.nanosleep(MILLISECOND);
        yield* sys.kill(child, 'USR1');
        yield* sys.wait4(child);
        return 0;
      }),
    ).toBe('EINTR USR1\n');
  });

  test('does a stopped process wait until it is continued, and its parent see both?', () => {
    expect(
      output(function* () {
        const child = yield* sys.fork(function* () {
          yield* sys.nanosleep(10 * MILLISECOND);
          return 3;
        });
        yield* sys.nanosleep(MILLISECOND);
        yield* sys.kill(child, 'STOP');
        yield* say((yield* sys.wait4(child, WUNTRACED)).state.kind);
        yield* sys.nanosleep(SECOND);
        yield* say(`${(yield* sys.wait4(child, WNOHANG)).pid}`);
        yield* sys.kill(child, 'CONT');
        yield* say((yield* sys.wait4(child)).state.kind);
        return 0;
      }),
    ).toBe('stopped\n0\nexited\n');
  });

  /** How the grandchild is that was stopped before its parent ended, where all are in one group or the two in their own. */
  const orphan = (ownGroup: boolean): Program =>
    function* () {
      const [reading, writing] = yield* sys.pipe();
      const child = yield* sys.fork(function* () {
        if (ownGroup) yield* sys.setpgid(0, 0);
        const grandchild = yield* sys.fork(function* () {
          yield* sys.nanosleep(100 * SECOND);
          return 0;
        });
        yield* sys.kill(grandchild, 'STOP');
        yield* writeAll(writing, `${grandchild}`);
        yield* sys.nanosleep(MILLISECOND);
        return 0;
      });
      yield* sys.wait4(child);
      const pid = decodeUtf8(yield* sys.read(reading, 20));
      const state = yield* outcome(function* () {
        yield* say(/^State:\t(.)/m.exec(decodeUtf8(yield* readFile(`/proc/${pid}/status`)))![1]!);
      });
      yield* say(state);
      return 0;
    };

  test('does a group with a stopped member get HUP when it becomes an orphan?', () => {
    expect(output(orphan(true))).toBe('ENOENT\n');
  });

  test('is a group that was an orphan before left alone when a member ends or stops?', () => {
    expect(output(orphan(false))).toBe('T\nok\n');
  });

  test('may one user kill another’s process?', () => {
    const main: Program = function* () {
      yield* say(yield* outcome(() => sys.kill(1, 'TERM')));
      yield* say(yield* outcome(() => sys.kill(99_999, 0)));
      return 0;
    };
    expect(output(main, { user: 'student' })).toBe('EPERM\nESRCH\n');
  });
});

describe('pipes', () => {
  test('does a writer wait for its reader, and lose nothing?', () => {
    const size = 300_000;
    expect(
      output(function* () {
        const [reading, writing] = yield* sys.pipe();
        yield* sys.fork(function* () {
          yield* sys.close(reading);
          yield* writeAll(
            writing,
            Uint8Array.from({ length: size }, (_, i) => i % 251),
          );
          return 0;
        });
        yield* sys.close(writing);
        const bytes = yield* readAll(reading);
        yield* say(`${bytes.length} ${bytes.every((byte, i) => byte === i % 251)}`);
        return 0;
      }),
    ).toBe(`${size} true\n`);
  });

  test('does a full pipe get room by pages, however few bytes are read at once?', () => {
    expect(
      output(function* () {
        const [reading, writing] = yield* sys.pipe();
        yield* sys.fork(function* () {
          yield* sys.close(reading);
          const parts: number[] = [];
          for (let left = 80_000; left > 0; left -= parts.at(-1)!)
            parts.push(yield* sys.write(writing, new Uint8Array(left)));
          yield* say(parts.join(' '));
          return 0;
        });
        yield* sys.close(writing);
        while ((yield* sys.read(reading, 1)).length > 0);
        return 0;
      }),
    ).toBe('65536 4096 4096 4096 2176\n');
  });

  test('does writing to nobody end the writer by SIGPIPE?', () => {
    expect(
      output(function* () {
        const [reading, writing] = yield* sys.pipe();
        const child = yield* sys.fork(function* () {
          yield* sys.close(reading);
          for (;;) yield* sys.write(writing, Uint8Array.of(1));
        });
        yield* sys.close(reading);
        yield* say(JSON.stringify((yield* sys.wait4(child)).state));
        return 0;
      }),
    ).toBe('{"kind":"signaled","signal":"PIPE"}\n');
  });
});

describe('namespaces', () => {
  test('is the first process of a pid namespace 1 inside, and another number outside?', () => {
    expect(
      output(function* () {
        const [reading, writing] = yield* sys.pipe();
        const child = yield* sys.fork(
          function* () {
            yield* writeAll(writing, `${yield* sys.getpid()} ${yield* sys.getppid()}`);
            return 0;
          },
          { flags: CLONE_NEWPID },
        );
        yield* sys.wait4(child);
        yield* sys.close(writing);
        yield* say(`${child > 1} ${decodeUtf8(yield* readAll(reading))}`);
        return 0;
      }),
    ).toBe('true 1 0\n');
  });

  test('does all of a pid namespace end with its first process?', () => {
    const { host, run, advance } = testHost({
      main: function* () {
        const child = yield* sys.fork(
          function* () {
            yield* sys.fork(function* () {
              yield* sys.nanosleep(1000 * SECOND);
              return 0;
            });
            return 0;
          },
          { flags: CLONE_NEWPID },
        );
        yield* sys.wait4(child);
        yield* sys.nanosleep(MILLISECOND);
        return 0;
      },
    });
    run(['/usr/bin/main']);
    advance(MILLISECOND);
    expect(host.view.processes().map((process) => process.comm)).toEqual(['init']);
  });

  test('are host name and mounts of a new namespace its own?', () => {
    expect(
      output(function* () {
        const child = yield* sys.fork(
          function* () {
            yield* sys.sethostname('inner');
            yield* sys.mount('none', '/tmp', 'tmpfs', 0, '');
            yield* sys.close(yield* sys.open('/tmp/inside', O_WRONLY | O_CREAT, 0o644));
            return 0;
          },
          { flags: CLONE_NEWUTS | CLONE_NEWNS },
        );
        yield* sys.wait4(child);
        yield* say(`${(yield* sys.uname()).nodename} ${yield* outcome(() => sys.stat('/tmp/inside'))}`);
        return 0;
      }),
    ).toBe('bluebox ENOENT\n');
  });
});

describe('terminals', () => {
  const cat: Program = function* () {
    const lines = new LineReader(0);
    for (;;) {
      const line = yield* lines.nextText();
      if (line === null) return 0;
      yield* say(`[${line}]`);
    }
  };

  test('is a line edited, echoed and handed over at Return, and ended by Ctrl-D?', () => {
    const { terminal, screen, type } = testHost({ cat }).terminal(['/usr/bin/cat']);
    type('helo\x7flo\r');
    type('\x04');
    expect(screen()).toBe('helo\b \blo\r\n[hello]\r\n');
    expect(terminal.closed).toBe(true);
  });

  test('does Ctrl-C end the foreground process?', () => {
    const { terminal, screen, type } = testHost({ cat }).terminal(['/usr/bin/cat']);
    type('\x03');
    expect([screen(), terminal.closed]).toEqual(['^C', true]);
  });

  test('does a program that prints without end stop at Ctrl-C, having waited for the screen?', () => {
    const yes: Program = function* () {
      for (;;) yield* say('y');
    };
    const { terminal, screen, type } = testHost({ yes }).terminal(['/usr/bin/yes']);
    const shown = screen().length;
    type('\x03');
    expect(terminal.closed).toBe(true);
    // A second at 4 MB/s.
    expect(shown).toBeGreaterThan(3_000_000);
    expect(shown).toBeLessThan(5_000_000);
  });

  test('is a session hung up when its terminal is closed?', () => {
    const { host, terminal, advance } = testHost({ cat });
    const opened = terminal(['/usr/bin/cat']);
    opened.terminal.close();
    advance(SECOND);
    expect(host.view.processes().map((process) => process.comm)).toEqual(['init']);
  });
});

describe('sockets', () => {
  test('do two processes talk over a path?', () => {
    expect(
      output(function* () {
        const server = yield* sys.socket();
        yield* sys.bind(server, '/tmp/talk.sock');
        yield* sys.listen(server);
        yield* sys.fork(function* () {
          const client = yield* sys.socket();
          yield* sys.connect(client, '/tmp/talk.sock');
          yield* writeAll(client, 'hello');
          yield* sys.shutdown(client, 'wr');
          yield* say(decodeUtf8(yield* readAll(client)));
          return 0;
        });
        const connection = yield* sys.accept(server);
        const heard = decodeUtf8(yield* readAll(connection));
        yield* writeAll(connection, heard.toUpperCase());
        yield* sys.close(connection);
        yield* sys.wait4(-1);
        return 0;
      }),
    ).toBe('HELLO\n');
  });
});

describe('devices', () => {
  test('do null, zero and full do what null(4) and full(4) say?', () => {
    expect(
      output(function* () {
        const read = function* (path: string) {
          const fd = yield* sys.open(path, O_RDWR);
          const bytes = yield* sys.read(fd, 3);
          return `${[...bytes]} ${yield* outcome(() => sys.write(fd, Uint8Array.of(1)))}`;
        };
        for (const path of ['/dev/null', '/dev/zero', '/dev/full']) yield* say(yield* read(path));
        return 0;
      }),
    ).toBe(' ok\n0,0,0 ok\n0,0,0 ENOSPC\n');
  });
});

test('is the same host in the same state every time?', () => {
  const main: Program = function* () {
    const fd = yield* sys.open('/dev/urandom', O_RDONLY);
    const noise = yield* sys.read(fd, 8);
    const file = yield* sys.open('/tmp/noise', O_WRONLY | O_CREAT, 0o644);
    yield* sys.write(file, noise);
    return 0;
  };
  const dump = (seed: string) => {
    const host = testHost({ main }, { seed });
    host.run(['/usr/bin/main']);
    return JSON.stringify(host.host.dump());
  };
  expect(dump('a')).toBe(dump('a'));
  expect(dump('a')).not.toBe(dump('b'));
});
