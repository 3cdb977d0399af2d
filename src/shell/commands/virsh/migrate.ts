/**
 * virsh migrate: the client leads a migration, as libvirt's managed direct one: it asks the source what there is to be sent, has the target
 * prepare for it, has the source send, and then tells both how it has ended.
 */
import { isOsError, type Nanos, SECOND } from '../../../base/index.ts';
import {
  type Arrival,
  type Connection,
  Disconnected,
  type DomainSummary,
  Refusal,
} from '../../../libvirt/client.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { formatIpv4 } from '../../../network/index.ts';
import { lookup } from './asking.ts';
import { type Arguments, DOMAIN, type Virsh, type VirshCommand, VirshError } from './commands.ts';
import { connectTo, hostOf } from './connecting.ts';
import { progressOf } from './jobs.ts';

/** How often it looks how far it is, and whether the target is there. */
const LOOK = SECOND / 2;
const PING = 5 * SECOND;

function* monotonic(): Sys<Nanos> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

class Migration {
  readonly #domain: DomainSummary;
  readonly #args: Arguments;
  readonly #source: Connection;
  /** To the source too, while the other connection waits for an answer. */
  readonly #watcher: Connection;
  readonly #target: Connection;
  readonly #address: number;

  constructor(
    domain: DomainSummary,
    args: Arguments,
    connections: Readonly<Record<'source' | 'watcher' | 'target', Connection>>,
    address: number,
  ) {
    this.#domain = domain;
    this.#args = args;
    this.#source = connections.source;
    this.#watcher = connections.watcher;
    this.#target = connections.target;
    this.#address = address;
  }

  /** Throws Refusal, and the guest is where it was. */
  *run(): Sys<void> {
    const key = this.#domain.uuid;
    const copyStorage = this.#args.has('copy-storage-all');
    const unsafe = this.#args.has('unsafe');
    const offer = yield* this.#source.ask('migrateBegin', { key, unsafe, copyStorage });
    let running: boolean;
    try {
      const port = yield* this.#target.ask('migratePrepare', { offer: JSON.stringify(offer) });
      const uri = `tcp:${formatIpv4(this.#address)}:${port}`;
      const live = this.#args.has('live');
      yield* this.#source.send('migratePerform', { key, uri, live, copyStorage });
      ({ running } = yield* this.#sent());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      yield* this.#giveUp();
      throw error;
    }
    const arrival = yield* this.#finish(running);
    const undefine = this.#args.has('undefinesource');
    yield* this.#source.ask('migrateConfirm', {
      key,
      cancelled: false,
      resumedAt: arrival.resumedAt,
      undefine,
    });
  }

  /** Waits until the source has sent all; whether the guest is to run then. */
  *#sent(): Sys<{ readonly running: boolean }> {
    const [source, target] = [this.#source.fd, this.#target.fd];
    const begun = yield* monotonic();
    let pinged = begun;
    let patience = Number(this.#args.value('timeout') ?? Number.POSITIVE_INFINITY) * SECOND;
    let lost: Disconnected | null = null;
    for (;;) {
      try {
        const fds = [source, ...(lost === null ? [target] : [])].map((fd) => ({ fd, events: 'in' as const }));
        const [ready, other] = yield* sys.poll(fds, LOOK);
        if (ready!.in) break;
        yield* this.#show();
        const now = yield* monotonic();
        if (lost === null && (other!.in || now - pinged >= PING)) {
          pinged = now;
          yield* this.#source.showLife();
          lost = yield* this.#missing();
          if (lost !== null) yield* this.#abort();
        }
        if (now - begun >= patience) {
          patience = Number.POSITIVE_INFINITY;
          yield* this.#watcher.ask('suspend', { key: this.#domain.uuid });
        }
      } catch (error) {
        if (!isOsError(error, 'EINTR')) throw error;
        if ((yield* sys.takeSignals()).includes('INT')) yield* this.#abort();
      }
    }
    try {
      return yield* this.#source.answer<'migratePerform'>();
    } catch (error) {
      throw lost ?? error;
    }
  }

  /** What says that the target has gone; null while it answers. */
  *#missing(): Sys<Disconnected | null> {
    try {
      yield* this.#target.ask('ping', {});
      return null;
    } catch (error) {
      if (error instanceof Disconnected) return error;
      throw error;
    }
  }

  *#abort(): Sys<void> {
    yield* quietly(() => this.#watcher.ask('jobAbort', { key: this.#domain.uuid }));
  }

  *#show(): Sys<void> {
    if (!this.#args.has('verbose')) return;
    const request = { key: this.#domain.uuid, completed: false, keep: true };
    const percent = progressOf(yield* this.#watcher.ask('jobInfo', request));
    if (percent !== null) yield* writeAll(2, `\rMigration: [${`${percent}`.padStart(3)} %]`);
  }

  /** The guest goes on at the target. Where nobody knows whether it does, it stays paused at the source. */
  *#finish(sent: boolean): Sys<Arrival> {
    const running = sent && !this.#args.has('suspend');
    const persistent = this.#args.has('persistent');
    const key = this.#domain.uuid;
    try {
      const arrival = yield* this.#target.ask('migrateFinish', {
        key,
        cancelled: false,
        running,
        persistent,
      });
      return arrival!;
    } catch (error) {
      if (error instanceof Disconnected)
        throw new VirshError(
          `${error.message}\nerror: domain '${this.#domain.name}' may be running on the destination: it is left paused on the source`,
        );
      if (error instanceof Refusal) yield* this.#keep();
      throw error;
    }
  }

  *#giveUp(): Sys<void> {
    yield* quietly(() =>
      this.#target.ask('migrateFinish', {
        key: this.#domain.uuid,
        cancelled: true,
        running: false,
        persistent: false,
      }),
    );
    yield* this.#keep();
  }

  /** The guest goes on at the source. */
  *#keep(): Sys<void> {
    yield* quietly(() =>
      this.#source.ask('migrateConfirm', {
        key: this.#domain.uuid,
        cancelled: true,
        resumedAt: 0,
        undefine: false,
      }),
    );
  }
}

/** Where a refusal changes nothing: something else has gone wrong before. */
function* quietly(ask: () => Sys<unknown>): Sys<void> {
  try {
    yield* ask();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

export const migrate: VirshCommand = {
  name: 'migrate',
  summary: 'migrate domain to another host',
  description: 'Migrate domain to another host.  Add --live for live migration.',
  options: [
    DOMAIN,
    {
      name: 'desturi',
      data: true,
      required: true,
      help: 'connection URI of the destination host as seen from the client: qemu+tcp://HOST/system',
    },
    { name: 'live', help: 'live migration' },
    { name: 'persistent', help: 'persist VM on destination' },
    { name: 'undefinesource', help: 'undefine VM on source' },
    { name: 'suspend', help: 'do not restart the domain on the destination host' },
    { name: 'copy-storage-all', help: 'migration with non-shared storage with full disk copy' },
    { name: 'unsafe', help: 'force migration even if it may be unsafe' },
    { name: 'verbose', help: 'display the progress of migration' },
    {
      name: 'timeout',
      data: true,
      help: 'suspend the guest if live migration exceeds timeout (in seconds)',
    },
  ],
  unsimulated:
    'offline p2p direct tunnelled copy-storage-inc change-protection abort-on-error migrateuri graphicsuri listen-address dname xml persistent-xml migrate-disks disks-port disks-uri compressed comp-methods auto-converge rdma-pin-all postcopy postcopy-after-precopy postcopy-resume timeout-suspend timeout-postcopy zerocopy parallel parallel-connections bandwidth tls tls-destination',
  *run(virsh: Virsh, args: Arguments) {
    const domain = yield* lookup(virsh, args);
    const timeout = args.value('timeout');
    if (timeout !== null && !(args.has('live') && /^[1-9]\d*$/.test(timeout)))
      throw new VirshError(
        args.has('live')
          ? `Numeric value '${timeout}' for <timeout> option is malformed or out of range`
          : 'migrate: Unexpected timeout for offline migration',
      );
    const { target, address } = yield* connectTo(hostOf(args.value('desturi')!));
    const watcher = yield* virsh.open();
    const before = yield* sys.sigaction('INT', 'catch');
    try {
      const connections = { source: virsh.connection, watcher, target };
      yield* new Migration(domain, args, connections, address).run();
    } finally {
      yield* sys.sigaction('INT', before);
      yield* watcher.close();
      yield* target.close();
    }
    if (args.has('verbose')) yield* writeAll(2, '\rMigration: [100 %]');
  },
};
