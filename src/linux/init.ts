/** PID 1: runs the scripts of /etc/init.d in the order of their names, then takes in orphans for ever. */
import { isOsError } from '../base/index.ts';
import type { Program, Sys } from './program.ts';
import { writeAll } from './stdio.ts';
import { sys } from './sys.ts';
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, O_CREAT, O_WRONLY } from './syscalls.ts';

const SCRIPTS = '/etc/init.d';
const CGROUPS = '/sys/fs/cgroup';
const SAFE = MS_NOSUID | MS_NODEV | MS_NOEXEC;
/** Made when the last script has ended. */
export const BOOTED = '/run/booted';
const ENVIRONMENT = new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin']]);

export const init: Program = function* () {
  yield* sys.setname('init');
  yield* sys.sigaction('CHLD', 'catch');
  yield* enterScope();
  for (const script of yield* scripts()) yield* run(script);
  yield* sys.close(yield* sys.open(BOOTED, O_WRONLY | O_CREAT, 0o444));
  for (;;) yield* reapOne();
};

/** Each part of the system gets a cgroup, as with systemd: itself, what it runs at boot, the logins. */
function* enterScope(): Sys<void> {
  try {
    yield* sys.mount('sysfs', '/sys', 'sysfs', SAFE, '');
    yield* sys.mount('cgroup2', CGROUPS, 'cgroup2', SAFE, 'nsdelegate,memory_recursiveprot');
  } catch (error) {
    if (isOsError(error, 'ENOENT')) return;
    throw error;
  }
  for (const group of ['init.scope', 'system.slice', 'user.slice'])
    yield* sys.mkdir(`${CGROUPS}/${group}`, 0o755);
  yield* set(`${CGROUPS}/init.scope/cgroup.procs`, '0');
  for (const group of ['', 'system.slice/', 'user.slice/'])
    yield* set(`${CGROUPS}/${group}cgroup.subtree_control`, '+cpu +memory +pids');
}

function* set(file: string, value: string): Sys<void> {
  const fd = yield* sys.open(file, O_WRONLY);
  yield* writeAll(fd, value);
  yield* sys.close(fd);
}

/** `/etc/init.d/20-docker` is docker.service. */
function serviceOf(script: string): string {
  const name = script.slice(SCRIPTS.length + 1).replace(/^\d+-/, '');
  return `${CGROUPS}/system.slice/${name}.service`;
}

/** Tries what cannot be done where there are no cgroups. */
function* orNothing(body: () => Sys<void>): Sys<void> {
  try {
    yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

function* scripts(): Sys<string[]> {
  try {
    const fd = yield* sys.open(SCRIPTS, 0);
    const entries = yield* sys.getdents(fd);
    yield* sys.close(fd);
    return entries
      .filter((entry) => entry.type === 'file')
      .map((entry) => `${SCRIPTS}/${entry.name}`)
      .sort();
  } catch (error) {
    if (isOsError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The process that a script runs in. */
function* become(script: string): Sys<number> {
  yield* sys.setsid();
  yield* orNothing(() => enterService(script));
  try {
    return yield* sys.execve(script, [script], ENVIRONMENT);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* writeAll(2, `init: ${script}: ${error.message}\n`);
    return 127;
  }
}

function* enterService(script: string): Sys<void> {
  yield* sys.mkdir(serviceOf(script), 0o755);
  yield* set(`${serviceOf(script)}/cgroup.procs`, '0');
}

function* run(script: string): Sys<void> {
  const pid = yield* sys.fork(() => become(script));
  for (;;) {
    try {
      if ((yield* sys.wait4(pid)).pid !== pid) continue;
      // What has left nobody behind needs no cgroup any more; a daemon's is busy.
      yield* orNothing(() => sys.rmdir(serviceOf(script)));
      return;
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
      yield* sys.takeSignals();
    }
  }
}

function* reapOne(): Sys<void> {
  try {
    yield* sys.wait4(-1);
  } catch (error) {
    if (isOsError(error, 'ECHILD')) yield* sys.pause();
    else if (!isOsError(error, 'EINTR')) throw error;
    yield* sys.takeSignals();
  }
}
