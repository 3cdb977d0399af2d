/** Every system call of an operation fails once, in turn: what was there before is there after, and the operation works when tried again. */
import { describe, expect, test } from 'vitest';
import { isOsError, OsError } from '../../src/base/index.ts';
import { Domains, LibvirtError, Snapshots } from '../../src/libvirt/index.ts';
import {
  O_RDONLY,
  type Program,
  type Sys,
  type SyscallRequest,
  sys,
  writeAll,
} from '../../src/linux/index.ts';
import { diskXml, domainXml, vmHost } from '../support/vmHost.ts';

/** Runs `body`, but its call number `at` fails with EIO instead of being made. close(2) always closes, and what is said over a socket to
 * an emulator is lost only with the emulator. Tells whether it came to that: `survived` is done though a call failed. */
function* failing(
  body: Sys<unknown>,
  at: number,
  sockets: Set<number>,
): Sys<'done' | 'refused' | 'failed' | 'survived'> {
  let count = 0;
  let failed = false;
  let step: IteratorResult<SyscallRequest, unknown>;
  try {
    step = body.next();
    while (step.done !== true) {
      const { call, args } = step.value;
      const [first] = args as readonly unknown[];
      const fd = Array.isArray(first) ? (first[0] as { fd: number }).fd : (first as number);
      if (call === 'close') sockets.delete(fd);
      const sure = call === 'close' || (['read', 'write', 'poll'].includes(call) && sockets.has(fd));
      if (!sure && count++ === at) {
        failed = true;
        step = body.throw(new OsError('EIO'));
        continue;
      }
      let reply: unknown;
      try {
        reply = yield step.value;
        if (call === 'socketpair') for (const each of reply as readonly number[]) sockets.add(each);
      } catch (error) {
        step = body.throw(error);
        continue;
      }
      step = body.next(reply);
    }
  } catch (error) {
    if (error instanceof LibvirtError || isOsError(error)) return failed ? 'failed' : 'refused';
    throw error;
  }
  return failed ? 'survived' : 'done';
}

/** What nobody may find changed: descriptors, definitions, domains, memory of the host. */
function* state(domains: Domains): Sys<string> {
  const folder = yield* sys.open('/etc/libvirt/qemu', O_RDONLY);
  const files = (yield* sys.getdents(folder)).map(({ name }) => name).sort();
  const kept = yield* sys.open('/var/lib/libvirt/qemu/snapshot', O_RDONLY);
  files.push(...(yield* sys.getdents(kept)).map(({ name }) => name).sort());
  yield* sys.close(kept);
  const free = yield* sys.dup(folder);
  yield* sys.close(free);
  yield* sys.close(folder);
  const kvm = yield* sys.open('/dev/kvm', O_RDONLY);
  const capacity = yield* sys.ioctl(kvm, 'KVM_CAPACITY', null);
  yield* sys.close(kvm);
  const machines: unknown[] = [];
  for (const { machine } of domains.all) {
    if (machine === null) continue;
    const { stopped, paused: halted } = yield* machine.status();
    machines.push({ stopped, halted });
  }
  return JSON.stringify({ files, free, capacity, domains: domains.all, machines });
}

const UUID = '86be1834-7529-41b9-9b73-0f92a08d7d0d';
const WEB = domainXml('web1', { uuid: UUID, devices: diskXml('/srv/disk.qcow2', 'vda') });

interface Case {
  readonly what: string;
  readonly before: (domains: Domains) => Sys<unknown>;
  readonly operation: (domains: Domains) => Sys<unknown>;
}

const web = (domains: Domains) => domains.find('web1')!;
const define = (xml: string) => (domains: Domains) => domains.define(xml);
function* defined(domains: Domains): Sys<void> {
  yield* domains.define(WEB);
}
function* running(domains: Domains): Sys<void> {
  yield* domains.define(WEB);
  yield* domains.start(web(domains), false);
}
function* paused(domains: Domains): Sys<void> {
  yield* domains.define(WEB);
  yield* domains.start(web(domains), true);
}
function* saved(domains: Domains): Sys<void> {
  yield* running(domains);
  yield* domains.save(web(domains), '/tmp/saved');
}
/** Saved, and not defined any more. */
function* forgotten(domains: Domains): Sys<void> {
  yield* saved(domains);
  yield* domains.undefine(web(domains));
}
const take = (domains: Domains) => new Snapshots(domains).create(web(domains), 's1', null);
function* nothing(): Sys<void> {}

const CASES: readonly Case[] = [
  { what: 'a definition', before: nothing, operation: define(domainXml('web2')) },
  { what: 'another definition of a domain', before: defined, operation: define(WEB.replace('2048', '4096')) },
  {
    what: 'a definition of a running domain',
    before: running,
    operation: define(WEB.replace('2048', '4096')),
  },
  {
    what: 'forgetting a definition',
    before: defined,
    operation: (domains) => domains.undefine(web(domains)),
  },
  {
    what: 'a creation',
    before: nothing,
    operation: (domains) => domains.createTransient(WEB, true),
  },
  { what: 'a start', before: defined, operation: (domains) => domains.start(web(domains), false) },
  { what: 'a start that pauses', before: defined, operation: (domains) => domains.start(web(domains), true) },
  { what: 'saving', before: running, operation: (domains) => domains.save(web(domains), '/tmp/saved') },
  {
    what: 'saving a paused domain',
    before: paused,
    operation: (domains) => domains.save(web(domains), '/tmp/saved'),
  },
  { what: 'restoring', before: saved, operation: (domains) => domains.restore('/tmp/saved') },
  {
    what: 'restoring what is not defined',
    before: forgotten,
    operation: (domains) => domains.restore('/tmp/saved'),
  },
  { what: 'a snapshot', before: running, operation: take },
  { what: 'a snapshot of a paused domain', before: paused, operation: take },
  { what: 'a snapshot of a domain that is off', before: defined, operation: take },
];

describe('a failing step leaves the host as it was', () => {
  for (const { what, before, operation } of CASES) {
    test(what, () => {
      const failures: string[] = [];
      let tried = 0;
      const faulty: Program = function* () {
        for (let at = 0; ; at++) {
          const domains = new Domains(() => {});
          yield* before(domains);
          const old = yield* state(domains);
          const sockets = new Set(
            domains.all.flatMap(({ machine }) => Object.values(machine?.sockets ?? {})),
          );
          const end = yield* failing(operation(domains), at, sockets);
          const now = yield* state(domains);
          if (end === 'refused') failures.push(`call ${at} was not reached, and it failed all the same`);
          if (end === 'done') break;
          tried++;
          if (end === 'failed') {
            if (now !== old) failures.push(`call ${at}:\n${old}\n${now}`);
            yield* operation(domains);
          }
          for (const domain of domains.all) {
            const snapshots = new Snapshots(domains);
            for (const { name } of (yield* snapshots.book(domain)).snapshots)
              yield* snapshots.delete(domain, name);
            if (domain.machine !== null) yield* domains.destroy(domain);
            if (domain.persistent) yield* domains.undefine(domain);
          }
        }
        yield* writeAll(1, 'all tried\n');
        return 0;
      };
      const host = vmHost({}, { programs: new Map([['faulty', faulty]]) });
      host.out('qemu-img create -f qcow2 /srv/disk.qcow2 1M');
      expect(host.out('faulty')).toBe('all tried\n');
      expect(failures).toEqual([]);
      expect(tried).toBeGreaterThan(0);
    });
  }
});

/** One that has been buried is gone. */
function* killIfThere(pid: number): Sys<void> {
  try {
    yield* sys.kill(pid, 'KILL');
  } catch (error) {
    if (!isOsError(error, 'ESRCH')) throw error;
  }
}

/** Runs `body`, and kills the emulator of web1 before call number `at`. Tells whether it came to that. */
function* bereaved(domains: Domains, body: Sys<unknown>, at: number): Sys<boolean> {
  let count = 0;
  let step: IteratorResult<SyscallRequest, unknown>;
  try {
    step = body.next();
    while (step.done !== true) {
      const { machine } = web(domains);
      if (count++ === at && machine !== null) yield* killIfThere(machine.pid);
      let reply: unknown;
      try {
        reply = yield step.value;
      } catch (error) {
        step = body.throw(error);
        continue;
      }
      step = body.next(reply);
    }
  } catch (error) {
    if (!(error instanceof LibvirtError) && !isOsError(error)) throw error;
  }
  return count > at;
}

describe('an emulator that is killed in the middle of an operation takes its domain with it, and nothing else', () => {
  const revert = (domains: Domains) => new Snapshots(domains).revert(web(domains), 's1');
  // Where its emulator is gone, what is half made stays until the domain goes: each has its own name.
  let count = 0;
  const takeAnother = (domains: Domains) => new Snapshots(domains).create(web(domains), `t${count++}`, null);
  function* marked(domains: Domains): Sys<void> {
    yield* running(domains);
    yield* take(domains);
  }
  const cases: readonly Case[] = [
    ...CASES.filter(
      ({ before, operation }) => (before === running || before === paused) && operation !== take,
    ),
    { what: 'a suspension', before: running, operation: (domains) => domains.suspend(web(domains)) },
    { what: 'a resumption', before: paused, operation: (domains) => domains.resume(web(domains)) },
    { what: 'a reset', before: running, operation: (domains) => domains.reset(web(domains)) },
    {
      what: 'a request to shut down',
      before: running,
      operation: (domains) => domains.askToEnd(web(domains), false),
    },
    { what: 'going back to a snapshot', before: marked, operation: revert },
    { what: 'a snapshot', before: running, operation: takeAnother },
    { what: 'a snapshot of a paused domain', before: paused, operation: takeAnother },
  ];
  for (const { what, before, operation } of cases) {
    test(what, () => {
      const failures: string[] = [];
      const program: Program = function* () {
        yield* sys.sigaction('PIPE', 'ignore');
        const empty = new Domains(() => {});
        const nobody = yield* state(empty);
        for (let at = 0, more = true; more; at++) {
          const domains = new Domains(() => {});
          yield* before(domains);
          const former = web(domains).machine;
          more = yield* bereaved(domains, operation(domains), at);
          const domain = web(domains);
          for (
            let turns = 0;
            more && domain.machine !== null && domain.machine === former && turns < 3;
            turns++
          )
            yield* domains.hear(domain);
          if (more && domain.machine === former) failures.push(`call ${at}: it still runs`);
          if (domain.machine !== null) yield* domains.destroy(domain);
          for (const { name } of (yield* new Snapshots(domains).book(domain)).snapshots)
            yield* new Snapshots(domains).delete(domain, name);
          // As `virsh undefine` does: a half snapshot goes with its domain.
          yield* new Snapshots(domains).forget(domain);
          yield* domains.undefine(domain);
          const now = yield* state(empty);
          if (now !== nobody) failures.push(`call ${at}:\n${nobody}\n${now}`);
        }
        return 0;
      };
      const host = vmHost({}, { programs: new Map([['bereaved', program]]) });
      host.out('qemu-img create -f qcow2 /srv/disk.qcow2 1M');
      host.out('bereaved');
      expect(failures).toEqual([]);
      expect(host.out('ps -e -o stat,comm')).not.toMatch(/qemu|Z/);
    });
  }
});
