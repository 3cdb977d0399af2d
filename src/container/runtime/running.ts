/** runc create, start, run, exec, kill, pause, resume, delete. */
import { isOsError } from '../../base/index.ts';
import { type Fd, type Pid, parseSignal, type SignalName, type Sys, sys } from '../../linux/index.ts';
import { exitCodeOf } from '../exitStatus.ts';
import { writeText } from '../files.ts';
import { awaitTerminal, readOrNothing, wireStandard, writeOrDrop } from '../streams.ts';
import { type Console, openConsole, ownConsole } from './console.ts';
import { changedProcess, processFrom } from './execProcess.ts';
import type { Flag, Invocation, RuncCommand } from './flags.ts';
import {
  afterStart,
  awaitEnd,
  createContainer,
  destroyContainer,
  execContainer,
  freezeContainer,
  openGate,
  signalContainer,
  startContainer,
} from './lifecycle.ts';
import { RuntimeError, type RuntimeSpec } from './spec.ts';
import { loadState, readSpec, type StoredState, statusOf } from './state.ts';

const bundleFlag: Flag = {
  ...{ name: 'bundle', short: 'b', argument: 'value' },
  help: 'path to the root of the bundle directory, defaults to the current directory',
};
const pidFlag: Flag = {
  name: 'pid-file',
  argument: 'value',
  help: 'specify the file to write the process id to',
};
const detachFlag: Flag = { name: 'detach', short: 'd', help: "detach from the container's process" };

const lastOf = ({ values }: Invocation, name: string): string | undefined => values.get(name)?.at(-1);

function* absolute(path: string): Sys<string> {
  return path.startsWith('/') ? path : `${yield* sys.getcwd()}/${path}`.replace(/\/\.?$/, '');
}

/** What makes the process's streams: the caller's, unless it gets a terminal of its own. */
function wiring(terminal: boolean, detach: boolean): () => Sys<void> {
  if (!terminal) return () => wireStandard(0, 1, 2);
  if (detach)
    throw new RuntimeError('cannot allocate tty if runc will detach without setting console socket');
  return awaitTerminal;
}

function* windowSize() {
  try {
    return yield* sys.tcgetwinsize(0);
  } catch (error) {
    if (!isOsError(error)) throw error;
    return { rows: 24, cols: 80 };
  }
}

function* create(invocation: Invocation, detach: boolean): Sys<[StoredState, Console | null]> {
  const { root, operands } = invocation;
  const bundle = yield* absolute(lastOf(invocation, 'bundle') ?? '.');
  const spec = yield* readSpec(bundle);
  const terminal = spec.process?.terminal === true;
  const wire = wiring(terminal, detach);
  const state = yield* createContainer({ root, id: operands[0]!, bundle, spec, wire });
  const console = terminal ? yield* consoleOf(root, state, spec) : null;
  const pidFile = lastOf(invocation, 'pid-file');
  if (pidFile !== undefined) yield* writeText(pidFile, `${state.init_process_pid}`);
  return [state, console];
}

/** The container does not outlive a failure. */
function* consoleOf(root: string, state: StoredState, { process, linux }: RuntimeSpec): Sys<Console> {
  try {
    const console = yield* openConsole(state.init_process_pid, yield* windowSize());
    yield* ownConsole(console, process!.user.uid, linux?.uidMappings);
    return console;
  } catch (error) {
    yield* destroyContainer(root, state);
    throw error;
  }
}

const passedOn: readonly SignalName[] = ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2', 'CONT'];

/** Passes bytes and signals on until the process has ended; its exit status. */
function* foreground(pid: Pid, master: Fd | null): Sys<number> {
  for (const signal of passedOn) yield* sys.sigaction(signal, 'catch');
  const before = master === null ? null : yield* rawTerminal();
  try {
    if (master !== null) yield* relay(master, pid);
    for (;;) {
      try {
        return exitCodeOf((yield* sys.wait4(pid)).state);
      } catch (error) {
        yield* passSignals(error, pid);
      }
    }
  } finally {
    if (before !== null) yield* sys.tcsetattr(0, before);
  }
}

function* passSignals(error: unknown, pid: Pid): Sys<void> {
  if (!isOsError(error, 'EINTR')) throw error;
  for (const signal of yield* sys.takeSignals()) yield* sys.kill(pid, signal);
}

/** Makes standard input a raw terminal; what it was, null when it is none. */
function* rawTerminal() {
  try {
    const before = yield* sys.tcgetattr(0);
    yield* sys.tcsetattr(0, {
      ...{ icanon: false, echo: false, isig: false, icrnl: false, iexten: false, opost: false },
    });
    return before;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return null;
  }
}

function* relay(master: Fd, pid: Pid): Sys<void> {
  let listening = true;
  for (;;) {
    const fds = listening ? [master, 0] : [master];
    try {
      const requests = fds.map((fd) => ({ fd, events: 'in' as const }));
      for (const { fd, in: readable, hup } of yield* sys.poll(requests, null)) {
        if (!readable && !hup) continue;
        const bytes = yield* readOrNothing(fd);
        if (fd === master && bytes.length === 0) return;
        if (bytes.length === 0) listening = false;
        else yield* writeOrDrop(fd === master ? 1 : master, bytes);
      }
    } catch (error) {
      yield* passSignals(error, pid);
    }
  }
}

function* run(invocation: Invocation): Sys<number> {
  const detach = invocation.values.has('detach');
  const [state, console] = yield* create(invocation, detach);
  yield* openGate(invocation.root, state.id, console?.path);
  yield* afterStart(invocation.root, state);
  if (detach) return 0;
  const status = yield* foreground(state.init_process_pid, console?.master ?? null);
  if (!invocation.values.has('keep')) yield* destroyContainer(invocation.root, state);
  return status;
}

function* exec(invocation: Invocation): Sys<number> {
  const { root, operands, values } = invocation;
  const [id = ''] = operands;
  const file = lastOf(invocation, 'process');
  if (file === undefined && operands.length === 1) throw new RuntimeError('process args cannot be empty');
  const state = yield* loadState(root, id);
  const process = file === undefined ? yield* changedProcess(invocation, state) : yield* processFrom(file);
  const terminal = process.terminal === true;
  const detach = values.has('detach');
  const wire = wiring(terminal, detach);
  const console = terminal ? yield* openConsole(state.init_process_pid, yield* windowSize()) : null;
  const pid = yield* execContainer({
    root,
    id,
    process,
    wire,
    terminal: console?.path ?? null,
  });
  const pidFile = lastOf(invocation, 'pid-file');
  if (pidFile !== undefined) yield* writeText(pidFile, `${pid}`);
  return detach ? 0 : yield* foreground(pid, console?.master ?? null);
}

function* kill({ root, operands }: Invocation): Sys<number> {
  const [id = '', name = 'SIGTERM'] = operands;
  const signal = parseSignal(name);
  if (signal === null) throw new RuntimeError(`unknown signal "${name}"`);
  yield* signalContainer(root, id, signal);
  return 0;
}

function* remove(invocation: Invocation): Sys<number> {
  const { root, operands, values } = invocation;
  const force = values.has('force');
  let state: StoredState;
  try {
    state = yield* loadState(root, operands[0]!);
  } catch (error) {
    if (force && error instanceof RuntimeError) return 0;
    throw error;
  }
  const status = yield* statusOf(root, state);
  if (status !== 'stopped') {
    if (!force && status !== 'created')
      throw new RuntimeError(`cannot delete container ${state.id} that is not stopped: ${status}`);
    if (status === 'paused') yield* freezeContainer(root, state.id, false);
    yield* sys.kill(state.init_process_pid, 'KILL');
    if (!(yield* awaitEnd(state.init_process_pid))) throw new RuntimeError('container init still running');
  }
  yield* destroyContainer(root, state);
  return 0;
}

const one: readonly [number, number] = [1, 1];
const CREATE_REFUSED = 'console-socket pidfd-socket no-pivot no-new-keyring preserve-fds';

export const running: readonly RuncCommand[] = [
  {
    ...{ name: 'create', usage: '[command options] <container-id>', help: 'create a container' },
    ...{ flags: [bundleFlag, pidFlag], operands: one, failure: 'runc create failed' },
    refused: CREATE_REFUSED,
    *run(invocation) {
      yield* create(invocation, true);
      return 0;
    },
  },
  {
    ...{
      name: 'start',
      usage: '<container-id>',
      help: 'executes the user defined process in a created container',
    },
    ...{ flags: [], operands: one },
    *run({ root, operands }) {
      yield* startContainer(root, operands[0]!);
      return 0;
    },
  },
  {
    ...{ name: 'run', usage: '[command options] <container-id>', help: 'create and run a container' },
    flags: [
      bundleFlag,
      detachFlag,
      pidFlag,
      { name: 'keep', help: 'do not delete the container after it exits' },
    ],
    refused: `${CREATE_REFUSED} no-subreaper`,
    ...{ operands: one, failure: 'runc run failed', run },
  },
  {
    ...{ name: 'exec' },
    usage: '[command options] <container-id> <command> [command options]  || -p process.json <container-id>',
    refused: 'console-socket pidfd-socket process-label apparmor preserve-fds cgroup ignore-paused',
    help: 'execute new process inside the container',
    flags: [
      { name: 'additional-gids', short: 'g', argument: 'value', help: 'additional gids' },
      {
        ...{ name: 'cap', short: 'c', argument: 'value' },
        help: 'add a capability to the bounding set for the process',
      },
      { name: 'cwd', argument: 'value', help: 'current working directory in the container' },
      { name: 'env', short: 'e', argument: 'value', help: 'set environment variables' },
      { name: 'process', short: 'p', argument: 'value', help: 'path to the process.json' },
      { name: 'tty', short: 't', help: 'allocate a pseudo-TTY' },
      { name: 'user', short: 'u', argument: 'value', help: 'UID (format: <uid>[:<gid>])' },
      { name: 'no-new-privs', help: 'set the no new privileges value for the process' },
      detachFlag,
      pidFlag,
    ],
    ...{ operands: [1, Number.POSITIVE_INFINITY], failure: 'exec failed', run: exec },
  },
  {
    ...{ name: 'kill', usage: '<container-id> [signal]', flags: [], operands: [1, 2], run: kill },
    help: "kill sends the specified signal (default: SIGTERM) to the container's init process",
  },
  ...([true, false] as const).map(
    (frozen): RuncCommand => ({
      ...{ name: frozen ? 'pause' : 'resume', usage: '<container-id>', flags: [], operands: one },
      help: frozen
        ? 'pause suspends all processes inside the container'
        : 'resumes all processes that have been previously paused',
      *run({ root, operands }) {
        yield* freezeContainer(root, operands[0]!, frozen);
        return 0;
      },
    }),
  ),
  {
    ...{ name: 'delete', usage: '[command options] <container-id>', operands: one, run: remove },
    help: 'delete any resources held by the container often used with detached container',
    flags: [
      {
        name: 'force',
        short: 'f',
        help: 'Forcibly deletes the container if it is still running (uses SIGKILL)',
      },
    ],
  },
];
