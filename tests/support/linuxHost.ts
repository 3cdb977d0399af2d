/** A small host for kernel tests: programs are generators written in the test, called by name from /usr/bin. */
import { decodeUtf8, EventQueue, encodeUtf8, Random, SECOND, Trace } from '../../src/base/index.ts';
import {
  executableImage,
  type FileTree,
  type HostTerminal,
  kernelFiles,
  kernelPrograms,
  LinuxHost,
  type Oops,
  type Program,
  sys,
  type WaitStatus,
} from '../../src/linux/index.ts';
import { HostNetwork } from '../../src/linux/net/index.ts';
import { NetworkNamespace } from '../../src/network/index.ts';

const accounts: FileTree = {
  '/etc/passwd': 'root:x:0:0:root:/root:/usr/bin/sh\nstudent:x:1000:1000::/home/student:/usr/bin/sh\n',
  '/etc/group': 'root:x:0:\nstudent:x:1000:\n',
  '/root': { type: 'dir', mode: 0o700 },
  '/home/student': { type: 'dir', uid: 1000, gid: 1000 },
  '/tmp': { type: 'dir', mode: 0o1777 },
  '/run': { type: 'dir' },
  '/proc': { type: 'dir' },
  '/dev': { type: 'dir' },
};

/** Mounts /proc and /dev at boot. */
const mountAll: Program = function* () {
  yield* sys.mount('proc', '/proc', 'proc', 0, '');
  yield* sys.mount('dev', '/dev', 'devtmpfs', 0, '');
  return 0;
};

export interface TestHost {
  readonly host: LinuxHost;
  readonly events: EventQueue;
  readonly trace: Trace;
  /** Runs a program to its end; its output and how it ended. */
  run(
    argv: readonly string[],
    options?: { user?: string; cwd?: string },
  ): { output: string; state: WaitStatus['state'] | null };
  /** A terminal on which `argv` runs; `screen` is all that was shown. */
  terminal(argv: readonly string[], user?: string): TestTerminal;
  advance(nanos: number): void;
}

export interface TestTerminal {
  readonly terminal: HostTerminal;
  readonly screen: () => string;
  /** Types, and lets a second pass. */
  type(text: string): void;
}

export function testHost(
  programs: Readonly<Record<string, Program>>,
  options: {
    files?: FileTree;
    cpus?: number;
    seed?: string;
    traceLookups?: boolean;
    /** With a network of a loopback device alone; default false. */
    network?: boolean;
    onOops?: (oops: Oops) => void;
  } = {},
): TestHost {
  const events = new EventQueue();
  const trace = new Trace(events);
  const table = new Map([...kernelPrograms, ...Object.entries(programs), ['mount-all', mountAll] as const]);
  const executables: FileTree = Object.fromEntries(
    Object.keys(programs).map((name) => [
      `/usr/bin/${name}`,
      { content: executableImage(name), mode: 0o755 },
    ]),
  );
  const context = { queue: events, trace, random: Random.fromSeed('network'), traceFrames: false };
  const host = new LinuxHost({
    ...(options.network && { network: new HostNetwork(new NetworkNamespace(context, 'bluebox')) }),
    name: 'bluebox',
    events,
    trace,
    random: Random.fromSeed(options.seed ?? 'test'),
    epoch: 1_767_603_600,
    cpus: options.cpus ?? 2,
    programs: table,
    ...(options.onOops && { onOops: options.onOops }),
    ...(options.traceLookups !== undefined && { traceLookups: options.traceLookups }),
    files: {
      ...kernelFiles,
      ...accounts,
      ...executables,
      '/etc/init.d/mounts': { content: executableImage('mount-all'), mode: 0o755 },
      ...options.files,
    },
  });
  host.boot();
  const advance = (nanos: number) => {
    const until = events.now + nanos;
    while (events.step(until));
    events.advanceTo(until);
  };
  advance(SECOND / 10);
  return {
    host,
    events,
    trace,
    advance,
    run(argv, { user = 'root', cwd = '/' } = {}) {
      let output = '';
      let ended: WaitStatus | null = null;
      host.spawn({
        argv,
        user,
        cwd,
        onOutput: (bytes) => {
          output += decodeUtf8(bytes);
        },
        onExit: (status) => {
          ended = status;
        },
      });
      const limit = events.now + 100 * SECOND;
      while (ended === null && events.step(limit));
      return { output, state: (ended as WaitStatus | null)?.state ?? null };
    },
    terminal(argv, user = 'root') {
      let shown = '';
      const terminal = host.openTerminal({
        user,
        argv,
        size: { rows: 24, cols: 80 },
        onOutput: (bytes) => {
          shown += decodeUtf8(bytes);
        },
      });
      advance(SECOND);
      return {
        terminal,
        screen: () => shown,
        type(text) {
          terminal.input(encodeUtf8(text));
          advance(SECOND);
        },
      };
    },
  };
}
