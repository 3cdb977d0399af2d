/** A simulated Linux host: what a world holds, and the terminals one sits at. */
import {
  assert,
  decodeUtf8,
  type EventQueue,
  OsError,
  Random,
  randomUuid,
  type Trace,
} from '../base/index.ts';
import { disksOf } from './blockDevices.ts';
import type { Cgroup } from './cgroup/cgroup.ts';
import { ROOT_PARTITION } from './cgroup/io.ts';
import { type Credentials, loginCredentials, ROOT_CREDENTIALS } from './credentials/credentials.ts';
import { dumpHost } from './dump.ts';
import type { Driver } from './files/driver.ts';
import { FdTable } from './files/fdTable.ts';
import { InodeFile } from './files/inodeFile.ts';
import type { NetworkStack } from './files/networkStack.ts';
import { OutputFile } from './files/outputFile.ts';
import { Socket } from './files/socket.ts';
import {
  type FilesystemTypes,
  type FileTree,
  type Location,
  MemFs,
  MountNamespace,
  makeDev,
  mountOverlay,
  populate,
} from './fs/index.ts';
import { mountDisk } from './handlers/devices.ts';
import { BOOTED } from './init.ts';
import { Kernel, type Oops } from './kernel.ts';
import { showMessageOfTheDay } from './login.ts';
import { TmpFs } from './memory/tmpfs.ts';
import { OutsideConnection, type OutsideHooks } from './outside.ts';
import { procMaker } from './proc.ts';
import type { ProgramTable, Sys } from './program.ts';
import { sys } from './sys.ts';
import { O_RDWR, type Pid, type WaitStatus, type WindowSize } from './syscalls.ts';
import { sysFsMaker } from './sysfs.ts';
import { ProcessGroup, Session } from './tasks/groups.ts';
import { DEFAULT_LIMITS } from './tasks/limits.ts';
import { PidRef } from './tasks/pids.ts';
import { Task } from './tasks/task.ts';
import { HostTerminal, type HostTerminalHooks } from './tty/hostTerminal.ts';
import { TtyFile } from './tty/ttyFile.ts';
import { HostView } from './view.ts';

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/usr/sbin';

export interface HostOptions {
  readonly name: string;
  readonly events: EventQueue;
  readonly random: Random;
  readonly trace: Trace;
  /** Seconds since 1970 at virtual time 0. */
  readonly epoch: number;
  readonly cpus: number;
  readonly programs: ProgramTable;
  /** The root file system. */
  readonly files: FileTree;
  /** Besides proc, tmpfs, devtmpfs and overlay. */
  readonly filesystems?: FilesystemTypes;
  /** The disk of a host whose power was cut, in place of `files`: see {@link LinuxHost.cutPower}. */
  readonly disk?: MemFs;
  /** Whether what is written reaches the disk only after a while, or by fsync(2): what a power cut needs. Default false. */
  readonly writeBack?: boolean;
  /** Devices besides the kernel's own. */
  readonly drivers?: readonly Driver[];
  /** None: the host knows no sockets but those of unix(7). */
  readonly network?: NetworkStack;
  /** Told of every {@link Oops}. Without it what would be one is thrown. */
  readonly onOops?: (oops: Oops) => void;
  /** Bytes. */
  readonly memory?: number;
  readonly release?: string;
  /** Whether overlays trace every look-up and listing; default false. */
  readonly traceLookups?: boolean;
}

export interface TerminalOptions extends HostTerminalHooks {
  /** From /etc/passwd. */
  readonly user: string;
  readonly size: WindowSize;
  /** Instead of the user's login shell: a path and its arguments. */
  readonly argv?: readonly string[];
  /** Whether a login shell comes after the message of the day; default true. */
  readonly motd?: boolean;
}

export interface SpawnOptions {
  readonly argv: readonly string[];
  readonly env?: ReadonlyMap<string, string>;
  /** Default root. */
  readonly user?: string;
  readonly cwd?: string;
  readonly onOutput?: (bytes: Uint8Array) => void;
  readonly onExit?: (status: WaitStatus) => void;
}

interface Account {
  readonly credentials: Credentials;
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

export class LinuxHost {
  readonly name: string;
  readonly mounts: MountNamespace;
  readonly view: HostView;
  readonly #kernel: Kernel;
  readonly #disk: MemFs;
  #init: Task | null = null;

  constructor(options: HostOptions) {
    this.name = options.name;
    const kernel = new Kernel({
      ...options,
      memory: options.memory ?? 2 ** 32,
      release: options.release ?? '6.12.0-virtbook',
    });
    this.#kernel = kernel;
    const { disk, writeBack = false } = options;
    const root =
      disk ??
      new MemFs({
        type: 'ext4',
        dev: makeDev(ROOT_PARTITION),
        uuid: randomUuid(Random.fromSeed(`${options.name}/disk`).bytes(16)),
        clock: kernel.clock,
        writeBack,
      });
    if (disk === undefined) populate(root.root, options.files);
    root.sync();
    this.#disk = root;
    const disks = disksOf(root);
    kernel.blockDevices = disks;
    const makeProc = procMaker(kernel);
    const makeSysFs = sysFsMaker(kernel, disks);
    const types: FilesystemTypes = new Map([
      ['ext4', (request) => mountDisk(kernel, root, request)],
      ['tmpfs', ({ dev, options: given }) => new TmpFs(kernel, dev, given)],
      ['proc', ({ dev }) => makeProc(kernel.current!.namespaces.pid, dev)],
      ['devtmpfs', () => kernel.devfs],
      ['devpts', (request) => kernel.terminals.mount(request)],
      ['sysfs', ({ dev }) => makeSysFs(kernel.current!.namespaces.net, dev)],
      [
        'cgroup2',
        ({ options: given }) => kernel.cgroupInodes.mount(kernel.cgroups.viewRoot(kernel.current!), given),
      ],
      ['overlay', (request) => mountOverlay(request, options.trace, options.traceLookups ?? false)],
      ...(options.filesystems ?? []),
    ]);
    this.mounts = MountNamespace.withRoot(root, '/dev/vda1', {
      types,
      nextMountId: 20,
      nextDev: 40,
      nextInode: () => kernel.newNamespaceInode('mnt'),
    });
    this.view = new HostView(kernel, () => ({ ns: this.mounts, root: this.mounts.root }));
  }

  /** Starts PID 1, /usr/sbin/init. */
  boot(): void {
    assert(this.#init === null, `${this.name} was booted before`);
    this.#init = this.#start(
      null,
      ROOT_CREDENTIALS,
      this.mounts.root,
      execute('/usr/sbin/init', ['init'], rootEnvironment()),
      this.#kernel.cgroups.root,
    );
  }

  /**
   * The power is gone: every process ends without knowing it, and what was not on the disk is lost. The host is of no use any more; its disk
   * is what another one can be made of. Not to be called from within a system call.
   */
  cutPower(): MemFs {
    this.#kernel.cutPower();
    this.#disk.cutPower();
    return this.#disk;
  }

  /** All that was written is on the disk. */
  sync(): void {
    this.#disk.sync();
  }

  /** Sets the clock of the day by so many nanoseconds, as an NTP client does; what is waited for comes no sooner or later. */
  stepClock(by: number): void {
    this.#kernel.clock.step += by;
  }

  /** An error of the simulation's own was in an event of the world: dmesg has it. */
  logLostEvent(error: Error): void {
    this.#kernel.log.write(
      `Oops: ${error.name}`,
      'in an event that belongs to no process; the rest of it is lost',
    );
  }

  /** Whether all scripts of /etc/init.d have ended. */
  get booted(): boolean {
    return this.view.stat(BOOTED) !== null;
  }

  /** A login session of `user` on a new terminal. RangeError when there is no such user. */
  openTerminal(options: TerminalOptions): HostTerminal {
    const kernel = this.#kernel;
    const account = this.#account(options.user);
    const tty = kernel.newTty(options.size);
    const argv = options.argv ?? [`-${account.shell.slice(account.shell.lastIndexOf('/') + 1)}`];
    const path = options.argv?.[0] ?? account.shell;
    const env = new Map([
      ['HOME', account.home],
      ['USER', account.name],
      ['LOGNAME', account.name],
      ['SHELL', account.shell],
      ['TERM', 'xterm-256color'],
      ['PATH', DEFAULT_PATH],
    ]);
    const task = this.#start(
      this.#init,
      account.credentials,
      this.mounts.root,
      execute(path, argv, env, account.home, options.argv === undefined && (options.motd ?? true)),
      kernel.cgroups.session(account.credentials.uid),
    );
    task.group.session.tty = tty;
    tty.session = task.group.session;
    tty.foreground = task.group;
    const file = new TtyFile(kernel, tty, O_RDWR, this.#locate(tty.path));
    for (let fd = 0; fd < 3; fd++) task.fds.add(file);
    const device = this.#locate(tty.path);
    device?.dentry.inode.setAttr({ uid: account.credentials.uid, gid: 5 });
    return new HostTerminal(kernel, tty, task, options);
  }

  /** A process without a terminal, child of init; what it prints on both outputs goes to `onOutput`. */
  spawn(options: SpawnOptions): Pid {
    const kernel = this.#kernel;
    const account = this.#account(options.user ?? 'root');
    const env =
      options.env ??
      new Map([
        ['HOME', account.home],
        ['USER', account.name],
        ['PATH', DEFAULT_PATH],
      ]);
    const main = execute(options.argv[0]!, options.argv, env, options.cwd ?? '/');
    const scope = kernel.cgroups.service();
    // A service of root's is started without a login: nobody sets groups for it.
    const credentials = account.credentials.uid === 0 ? ROOT_CREDENTIALS : account.credentials;
    const task = this.#start(this.#init, credentials, this.mounts.root, main, scope);
    const input = this.#locate('/dev/null');
    task.fds.add(input === null ? new OutputFile(() => {}) : new InodeFile(input, 0));
    const output = new OutputFile(options.onOutput ?? (() => {}));
    task.fds.add(output);
    task.fds.add(output);
    const pid = kernel.rootPid(task);
    const onExit = (state: WaitStatus['state']) => options.onExit?.({ pid, state });
    task.onExit = onExit;
    return pid;
  }

  /**
   * A connection to the stream socket at `path`, as of a root process of the host. Throws OsError: ENOENT, ECONNREFUSED when nobody listens
   * there, EAGAIN when too many wait.
   */
  connect(path: string, hooks: OutsideHooks): OutsideConnection {
    const kernel = this.#kernel;
    const location = this.#locate(path);
    if (location === null) throw new OsError('ENOENT');
    const server = kernel.listeners.get(location.dentry.inode);
    if (server === undefined) throw new OsError('ECONNREFUSED');
    const socket = new Socket(kernel.nextObjectId(), kernel.network?.root ?? null);
    socket.connect(server, new Socket(kernel.nextObjectId(), server.namespace));
    return new OutsideConnection(kernel.events, socket, hooks);
  }

  /** The whole state as JSON, for the world's hash. */
  dump(): unknown {
    return dumpHost(this.#kernel);
  }

  #locate(path: string): Location | null {
    return this.view.locate(path);
  }

  /** A session leader of its own that runs `main`. */
  #start(
    parent: Task | null,
    credentials: Credentials,
    root: Location,
    main: Sys<number>,
    cgroup: Cgroup,
  ): Task {
    const kernel = this.#kernel;
    const ns = kernel.rootPidNamespace;
    const task = new Task({
      pid: new PidRef(ns),
      parent,
      group: null,
      credentials,
      namespaces: kernel.initialNamespaces(this.mounts),
      root,
      cwd: root,
      umask: 0o022,
      fds: new FdTable(1024),
      limits: DEFAULT_LIMITS,
      cgroup,
      startTime: kernel.events.now,
      wake: kernel.wake,
      lend: kernel.lend,
    });
    task.joinGroup(new ProcessGroup(task.pid, new Session(task)));
    task.program = main;
    kernel.lifecycle.register(task);
    return task;
  }

  #account(name: string): Account {
    const lines = (path: string) => decodeUtf8(this.view.readFile(path) ?? new Uint8Array()).split('\n');
    const fields = lines('/etc/passwd')
      .map((line) => line.split(':'))
      .find((entry) => entry[0] === name);
    if (fields === undefined) throw new RangeError(`${this.name} has no user ${name} in /etc/passwd`);
    const [, , uid = '0', gid = '0', , home = '/', shell = '/bin/sh'] = fields;
    const groups = lines('/etc/group')
      .map((line) => line.split(':'))
      .filter((group) => (group[3] ?? '').split(',').includes(name))
      .map((group) => Number(group[2]));
    const credentials = loginCredentials(Number(uid), Number(gid), [Number(gid), ...groups]);
    return { credentials, name, home, shell };
  }
}

function rootEnvironment(): Map<string, string> {
  return new Map([
    ['HOME', '/'],
    ['PATH', DEFAULT_PATH],
  ]);
}

/** The program of a process that has yet to become `path`; with `motd`, it shows the message of the day before. */
function* execute(
  path: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  cwd = '/',
  motd = false,
): Sys<number> {
  try {
    yield* sys.chdir(cwd);
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
  }
  if (motd) yield* showMessageOfTheDay(cwd);
  return yield* sys.execve(path, argv, env);
}
