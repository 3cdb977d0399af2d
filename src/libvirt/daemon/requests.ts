/** Request → what the daemon does. */
import { unreachable } from '../../base/index.ts';
import { type Fd, O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { LibvirtError } from '../errors.ts';
import { capacity, KVM_PATH } from '../kvm/requests.ts';
import { active, type Domain, runningPart, summary } from './domain.ts';
import type { Domains } from './domains.ts';
import { forget, keptOf, managedSave, removeManagedSave, setAutostart, startKept } from './keeping.ts';
import { setMaxMemory, setMemory } from './memory.ts';
import { jobInfo, requireNoJob } from './migration/job.ts';
import { abort, begin, confirm } from './migration/source.ts';
import { finish, prepare, readOffer } from './migration/target.ts';
import type { Request } from './protocol.ts';
import { Snapshots } from './snapshots.ts';

/** No domain of that id, UUID or name. */
export class NoDomain extends LibvirtError {
  constructor(key: string) {
    super('plain', `Domain not found: no domain with matching name '${key}'`);
  }
}

export function domainOf(domains: Domains, key: string): Domain {
  const domain = domains.find(key);
  if (domain === null) throw new NoDomain(key);
  return domain;
}

/** Those whose answer is the connection's own affair. */
export type Special = Extract<Request, { request: 'console' | 'migratePerform' }>;

/** The result of a request; `client` is who asks. Throws LibvirtError. */
export function* perform(domains: Domains, request: Exclude<Request, Special>, client: Fd): Sys<unknown> {
  if (request.request === 'list') return domains.all.map(summary);
  if (request.request === 'ping') return null;
  if (request.request === 'migratePrepare') return yield* prepare(domains, readOffer(request.offer), client);
  if (request.request === 'node') return yield* node();
  if (request.request === 'define') return summary(yield* domains.define(request.xml));
  if (request.request === 'create')
    return summary(yield* domains.createTransient(request.xml, request.paused));
  if (request.request === 'restore') return summary(yield* domains.restore(request.path));
  const domain = domainOf(domains, request.key);
  requireNoJob(domain, request.request);
  const snapshots = new Snapshots(domains);
  switch (request.request) {
    case 'lookup':
      return summary(domain);
    case 'undefine': {
      const { length } = (yield* snapshots.book(domain)).snapshots;
      const what = active(domain) ? 'domain' : 'inactive domain';
      if (length > 0) throw new LibvirtError('invalid', `cannot delete ${what} with ${length} snapshots`);
      if (!domain.persistent) throw new LibvirtError('invalid', 'cannot undefine transient domain');
      yield* forget(domain, request.managedSave);
      yield* snapshots.forget(domain);
      yield* domains.undefine(domain);
      return null;
    }
    case 'start':
      yield* startKept(domains, domain, request);
      return null;
    case 'migrateBegin':
      return yield* begin(domain, request, snapshots, client);
    case 'migrateFinish':
      return yield* finish(domains, domain, request);
    case 'migrateConfirm':
      yield* confirm(domains, domain, request);
      return null;
    case 'migrateDowntime':
      if (domain.machine === null) throw new LibvirtError('invalid', 'domain is not running');
      yield* domain.machine.execute('migrate-set-parameters', { 'downtime-limit': request.milliseconds });
      return null;
    case 'jobInfo':
      return yield* jobInfo(domain, request);
    case 'jobAbort':
      yield* abort(domain);
      return null;
    case 'kept':
      return yield* keptOf(domain);
    case 'autostart':
      yield* setAutostart(domain, request.on);
      return null;
    case 'setMemory':
      yield* setMemory(domain, request.kib, request);
      return null;
    case 'setMaxMemory':
      yield* setMaxMemory(domain, request.kib, request);
      return null;
    case 'managedSave':
      yield* managedSave(domains, domain);
      return null;
    case 'managedSaveRemove':
      return yield* removeManagedSave(domain);
    case 'destroy':
      yield* domains.destroy(domain);
      return null;
    case 'shutdown':
    case 'reboot':
      yield* domains.askToEnd(domain, request.request === 'reboot');
      return null;
    case 'reset':
      yield* domains.reset(domain);
      return null;
    case 'suspend':
      yield* domains.suspend(domain);
      return null;
    case 'resume':
      yield* domains.resume(domain);
      return null;
    case 'save':
      yield* domains.save(domain, request.path);
      return null;
    case 'snapshotCreate':
      return yield* snapshots.create(domain, request.name || null, request.description || null);
    case 'snapshotRevert':
      yield* snapshots.revert(domain, request.name);
      return null;
    case 'snapshotDelete':
      yield* snapshots.delete(domain, request.name);
      return null;
    case 'snapshots':
      return yield* snapshots.book(domain);
    case 'dumpxml': {
      const running = active(domain) && !request.inactive;
      return formatDomain(
        running ? domain.config : (domain.next ?? domain.config),
        running ? runningPart(domain) : null,
      );
    }
    case 'status':
      return domain.machine === null ? null : yield* domains.status(domain);
    case 'disks':
      return domain.config.disks.map(({ target, source }) => ({ target, source }));
    case 'interfaces':
      return domain.config.interfaces.map(({ type, source, mac, target }, i) => ({
        type,
        source,
        mac,
        target: domain.taps[i] ?? target,
      }));
    default:
      return unreachable(request);
  }
}

function* node(): Sys<{ cpus: number; memory: number }> {
  const kvm = yield* sys.open(KVM_PATH, O_RDONLY);
  try {
    const { cpus, memory } = yield* capacity(kvm);
    return { cpus, memory };
  } finally {
    yield* sys.close(kvm);
  }
}
