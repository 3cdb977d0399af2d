/** Starting an emulator: as a process of its own user, which has what its command line names and nothing else of libvirtd's. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import {
  type Fd,
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  type Path,
  type Pid,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import type { NamedConfig } from '../daemon/domain.ts';
import type { OpenDisk } from '../daemon/images.ts';
import { monitorError } from '../daemon/monitorError.ts';
import { bootSlots, DEFAULT_SHARES, serialOf } from '../domain/config.ts';
import { KVM_GROUP } from '../kvm/driver.ts';
import { EMULATOR, formatCommandLine } from './commandLine.ts';
import { Machine } from './machine.ts';
import { joinScope, makeScope } from './scope.ts';

export const EMULATOR_PATH = `/usr/bin/${EMULATOR}`;
/** The user libvirt-qemu. */
export const EMULATOR_USER = 64_055;
/** What each emulator said, and its command line. */
export const LOG_PATH = '/var/log/libvirt/qemu';

/** Its sockets' descriptors, and that of the first image; lower ones are as everywhere. */
const MONITOR = 3;
const CONSOLE = 4;
const STATE = 5;
const FIRST_FILE = 6;
/** Above all that libvirtd has open. */
const ABOVE = 512;

/** An open /dev/net/tun, the other end of a tap. */
export interface Tap {
  readonly name: string;
  readonly fd: Fd;
  readonly mac: string;
}

/** The machine with the number `id` that stands at its first instruction, or with `incoming` waits for its state, as its emulator's option says. Throws LibvirtError or OsError, and nothing is left. */
export function* launchMachine(
  config: NamedConfig,
  disks: readonly OpenDisk[],
  taps: readonly Tap[],
  incoming: string | null,
  id: number,
): Sys<Machine> {
  const files = [...disks.flatMap(({ chain }) => chain), ...taps];
  const command = commandLine(config, disks, taps, incoming);
  const path = `${LOG_PATH}/${config.name}.log`;
  const mine: Fd[] = [];
  const theirs: Fd[] = [];
  let pid: Pid | null = null;
  let logged = 0;
  try {
    const log = yield* sys.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600);
    theirs.push(log);
    yield* writeAll(
      log,
      `starting up libvirt version: 9.0.0, kernel command line below\n${quoted(command)}\n`,
    );
    logged = (yield* sys.fstat(log)).size;
    for (let i = 0; i < 3; i++) {
      const [here, there] = yield* sys.socketpair();
      mine.push(here);
      theirs.push(there);
    }
    const [, monitor, console, state] = theirs;
    const descriptors = [log, log, monitor!, console!, state!, ...files.map(({ fd }) => fd)];
    const scope = yield* makeScope(id, config.name);
    pid = yield* sys.fork(() => become(command, descriptors, log, scope));
    while (theirs.length > 0) yield* sys.close(theirs.pop()!);
    const machine = new Machine(pid, { monitor: mine[0]!, console: mine[1]!, state: mine[2]! }, scope);
    if (yield* machine.greeted()) return machine;
    yield* machine.bury();
    pid = null;
    throw monitorError(yield* lastWords(path, logged));
  } catch (error) {
    for (const fd of [...theirs, ...mine]) yield* sys.close(fd);
    if (pid !== null) yield* end(pid);
    throw error;
  }
}

function commandLine(
  config: NamedConfig,
  disks: readonly OpenDisk[],
  taps: readonly Tap[],
  incoming: string | null,
): string[] {
  let next = FIRST_FILE;
  const paths = new Map<Fd, string>();
  const numbered = disks.map(({ chain }, i) => ({
    chain: chain.map(({ format, path }) => {
      paths.set(next, path);
      return { fd: next++, format };
    }),
    readOnly: config.disks[i]!.readOnly,
    slice: config.disks[i]!.slice,
    serial: serialOf(config.disks[i]!),
  }));
  return formatCommandLine(
    {
      name: config.name,
      uuid: config.uuid,
      memory: config.memory * 1024,
      vcpus: config.vcpus,
      weight: config.shares ?? DEFAULT_SHARES,
      kernel: config.kernel,
      initrd: config.initrd,
      append: config.cmdline ?? '',
      disks: numbered,
      nics: taps.map(({ mac }) => ({ tap: next++, mac })),
      bootSlots: bootSlots(config),
      balloon: config.balloon,
      monitor: MONITOR,
      console: CONSOLE,
      state: STATE,
      incoming,
    },
    (fd) => paths.get(fd)!,
  );
}

/** As one would type it. */
function quoted(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** In the child: every descriptor to its place, the others closed, no rights but its own user's. */
function* become(
  command: readonly string[],
  descriptors: readonly Fd[],
  log: Fd,
  scope: Path | null,
): Sys<number> {
  let errors = log;
  try {
    if (scope !== null) yield* joinScope(scope);
    yield* sys.setsid();
    const moved: Fd[] = [yield* sys.dupfd(yield* sys.open('/dev/null', O_RDWR), ABOVE)];
    for (const fd of descriptors) moved.push(yield* sys.dupfd(fd, ABOVE));
    const folder = yield* sys.open('/proc/self/fd', O_RDONLY);
    const open = (yield* sys.getdents(folder)).map(({ name }) => Number(name));
    for (const fd of open) if (fd < ABOVE) yield* sys.close(fd);
    for (const [place, fd] of moved.entries()) {
      yield* sys.dup2(fd, place);
      yield* sys.close(fd);
    }
    errors = 2;
    yield* sys.setgroups([]);
    yield* sys.setgid(KVM_GROUP);
    yield* sys.setuid(EMULATOR_USER);
    yield* sys.execve(EMULATOR_PATH, command, new Map([['PATH', '/usr/local/bin:/usr/bin:/usr/sbin']]));
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* writeAll(errors, `${EMULATOR}: cannot execute: ${error.message}\n`);
  }
  return 127;
}

/** What the emulator has written before it ended. */
function* lastWords(path: string, from: number): Sys<string> {
  const said = decodeUtf8((yield* readFile(path)).subarray(from)).trimEnd();
  return said.replace(`${EMULATOR}: `, '');
}

/** A process that did not come up. */
function* end(pid: Pid): Sys<void> {
  try {
    yield* sys.kill(pid, 'KILL');
    yield* sys.wait4(pid);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}
