/** The daemon: one process that owns the host's VMs, and serves its clients by turns. */
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, type Nanos } from '../../base/index.ts';
import { type Fd, type Program, type Sys, sys, writeAll } from '../../linux/index.ts';
import { monotonic } from '../emulator/migration/report.ts';
import { LibvirtError } from '../errors.ts';
import type { Domain } from './domain.ts';
import { Domains } from './domains.ts';
import { startMarked } from './keeping.ts';
import { requireNoJob } from './migration/job.ts';
import { abandoned, outcome, perform as send } from './migration/source.ts';
import { ALIVE, type Answer, KEEPALIVE, LIBVIRT_PORT, LIBVIRT_SOCKET, parseRequest } from './protocol.ts';
import { domainOf, NoDomain, perform } from './requests.ts';
import { Snapshots } from './snapshots.ts';

/** The group that may talk to the daemon: `libvirt` in /etc/group. */
export const LIBVIRT_GROUP = 108;
const PIECE = 65_536;
/** A line that is longer is no request. */
const LINE_MAX = 2 ** 20;

interface Client {
  readonly fd: Fd;
  bytes: Uint8Array;
  /** The domain whose console this connection has become. */
  console: Domain | null;
  /** The domain whose migration it waits for. */
  sending: Domain | null;
  /** Whether it comes from another host. */
  readonly remote: boolean;
  /** When it was last heard. */
  heard: Nanos;
}

class Server {
  readonly #domains: Domains;
  readonly #clients = new Map<Fd, Client>();

  constructor(domains: Domains) {
    this.#domains = domains;
  }

  /** One turn: waits, then serves whoever is ready. `local` and `remote` are where connections come in. */
  *turn(local: Fd, remote: Fd | null): Sys<void> {
    const running = this.#domains.all.filter(({ machine }) => machine !== null);
    // Events that came in between are not to be read any more.
    for (const domain of running) if (domain.machine?.hasNews) yield* this.#hear(domain);
    const machines = running.filter(({ machine }) => machine !== null);
    // Consoles before monitors: a guest's last words come before its end.
    const fds = [
      local,
      ...(remote === null ? [] : [remote]),
      ...this.#clients.keys(),
      ...machines.map(({ machine }) => machine!.sockets.console),
      ...machines.map(({ machine }) => machine!.sockets.monitor),
    ];
    const replies = yield* sys.poll(
      fds.map((fd) => ({ fd, events: 'in' })),
      yield* this.#patience(),
    );
    for (const { fd, in: ready } of replies) {
      if (!ready) continue;
      const client = this.#clients.get(fd);
      const domain = machines.find(
        ({ machine }) => machine !== null && Object.values(machine.sockets).includes(fd),
      );
      if (fd === local || fd === remote) yield* this.#accept(fd, fd === remote);
      else if (client !== undefined) yield* this.#serve(client);
      else if (domain !== undefined) {
        if (fd === domain.machine!.sockets.console) yield* this.#print(domain);
        else yield* this.#hear(domain);
      }
    }
    yield* this.#tellEnds();
    yield* this.#dropSilent();
  }

  /** Clients from other hosts that lead a migration: their host, or what is between, may go without a word. */
  get #watched(): Client[] {
    return [...this.#clients.values()].filter(
      ({ fd, remote }) => remote && this.#domains.all.some(({ job }) => job?.owner === fd),
    );
  }

  /** How long it may wait for somebody to say something. */
  *#patience(): Sys<Nanos | null> {
    const watched = this.#watched;
    if (watched.length === 0) return null;
    const now = yield* monotonic();
    return Math.max(0, Math.min(...watched.map(({ heard }) => heard)) + KEEPALIVE - now);
  }

  *#dropSilent(): Sys<void> {
    const watched = this.#watched;
    if (watched.length === 0) return;
    const now = yield* monotonic();
    for (const client of watched) if (now - client.heard >= KEEPALIVE) yield* this.#close(client);
  }

  /** Migrations that clients wait for have come to their ends. */
  *#tellEnds(): Sys<void> {
    const domains = this.#domains;
    for (const client of [...this.#clients.values()]) {
      const { sending } = client;
      if (sending === null) continue;
      const answer = yield* answered(function* () {
        return outcome(domains, sending);
      });
      if ('result' in answer && answer.result === null) continue;
      client.sending = null;
      yield* this.#send(client, encodeUtf8(`${JSON.stringify(answer)}\n`));
    }
  }

  *#accept(listener: Fd, remote: boolean): Sys<void> {
    const fd = yield* sys.accept(listener);
    yield* sys.setnonblock(fd, true);
    const heard = yield* monotonic();
    this.#clients.set(fd, { fd, bytes: new Uint8Array(0), console: null, sending: null, remote, heard });
  }

  *#serve(client: Client): Sys<void> {
    const bytes = yield* this.#guarded(client, () => sys.read(client.fd, PIECE));
    if (bytes === null) return;
    if (bytes.length === 0) return yield* this.#close(client);
    client.heard = yield* monotonic();
    if (client.console !== null) return yield* this.#type(client.console, bytes);
    client.bytes = concatBytes([client.bytes, bytes]);
    for (let end = client.bytes.indexOf(10); end >= 0; end = client.bytes.indexOf(10)) {
      const line = decodeUtf8(client.bytes.subarray(0, end));
      client.bytes = client.bytes.slice(end + 1);
      yield* this.#answer(client, line);
      if (client.console === null) continue;
      if (client.bytes.length > 0) yield* this.#type(client.console, client.bytes);
      return;
    }
    if (client.bytes.length > LINE_MAX) yield* this.#close(client);
  }

  *#answer(client: Client, line: string): Sys<void> {
    if (line === ALIVE) return;
    const answer = yield* answered(() => this.#obey(client, line));
    // The end of a machine ends its console.
    for (const each of [...this.#clients.values()])
      if (each !== client && each.console !== null && each.console.machine === null) yield* this.#close(each);
    if (client.sending === null) yield* this.#send(client, encodeUtf8(`${JSON.stringify(answer)}\n`));
  }

  *#obey(client: Client, line: string): Sys<unknown> {
    const request = parseRequest(line);
    if (request === null) throw new LibvirtError('internal', `malformed request: ${line.slice(0, 80)}`);
    if (request.request === 'console') {
      const { domain, other } = this.#attach(request.key, request.force);
      if (other !== null) yield* this.#close(other);
      client.console = domain;
      return null;
    }
    if (request.request === 'migratePerform') {
      const domain = domainOf(this.#domains, request.key);
      requireNoJob(domain, request.request);
      yield* send(this.#domains, domain, request);
      client.sending = domain;
      return null;
    }
    return yield* perform(this.#domains, request, client.fd);
  }

  /** Throws LibvirtError when the domain is off, or somebody else has its console. */
  #attach(key: string, force: boolean): { domain: Domain; other: Client | null } {
    const domain = domainOf(this.#domains, key);
    if (domain.machine === null) throw new LibvirtError('invalid', 'domain is not running');
    const other = [...this.#clients.values()].find(({ console }) => console === domain) ?? null;
    if (other !== null && !force)
      throw new LibvirtError('failed', 'Active console session exists for this domain');
    return { domain, other };
  }

  *#type({ machine }: Domain, bytes: Uint8Array): Sys<void> {
    if (machine === null) return;
    try {
      yield* writeAll(machine.sockets.console, bytes);
    } catch (error) {
      // It ended in this moment: the next turn hears of it.
      if (!isOsError(error, 'EPIPE')) throw error;
    }
  }

  /** A machine has printed. What nobody listens to is lost, as on a serial line. */
  *#print(domain: Domain): Sys<void> {
    const bytes = yield* sys.read(domain.machine!.sockets.console, PIECE);
    if (bytes.length === 0) return yield* this.#hear(domain);
    for (const client of this.#listeners(domain)) yield* this.#send(client, bytes);
  }

  /** A machine's emulator tells something, or has ended. */
  *#hear(domain: Domain): Sys<void> {
    const listeners = this.#listeners(domain);
    yield* this.#domains.hear(domain);
    if (domain.machine === null) for (const client of listeners) yield* this.#close(client);
  }

  #listeners(domain: Domain): Client[] {
    return [...this.#clients.values()].filter(({ console }) => console === domain);
  }

  *#send(client: Client, bytes: Uint8Array): Sys<void> {
    yield* this.#guarded(client, () => writeAll(client.fd, bytes));
  }

  /** A client that went loses its connection; one that does not read loses what it did not read. */
  *#guarded<T>(client: Client, call: () => Sys<T>): Sys<T | null> {
    try {
      return yield* call();
    } catch (error) {
      if (!isOsError(error, 'EPIPE', 'EAGAIN')) throw error;
      if (!isOsError(error, 'EAGAIN')) yield* this.#close(client);
      return null;
    }
  }

  *#close(client: Client): Sys<void> {
    if (!this.#clients.delete(client.fd)) return;
    for (const domain of this.#domains.all) {
      const { job } = domain;
      if (job?.owner !== client.fd) continue;
      if (job.kind === 'outgoing') yield* abandoned(this.#domains, domain, job);
      else yield* this.#domains.stop(domain, 'failed');
    }
    yield* sys.close(client.fd);
  }
}

/** What is refused is an answer too. */
function* answered(work: () => Sys<unknown>): Sys<Answer> {
  try {
    return { result: yield* work() };
  } catch (error) {
    if (error instanceof LibvirtError)
      return { error: error.message, ...(error instanceof NoDomain && { missing: true }) };
    if (isOsError(error)) return { error: error.message };
    throw error;
  }
}

/** Snapshots in whose midst an emulator was killed, or the daemon, are taken back, and told. */
function* mendSnapshots(domains: Domains): Sys<void> {
  const snapshots = new Snapshots(domains);
  for (const domain of domains.all) {
    const { name } = domain.config;
    try {
      const begun = yield* snapshots.mend(domain);
      if (begun !== null)
        yield* writeAll(
          2,
          `libvirtd: snapshot '${begun}' of domain '${name}' was not completed: taken back\n`,
        );
    } catch (error) {
      if (!(error instanceof LibvirtError) && !isOsError(error)) throw error;
      yield* writeAll(2, `libvirtd: a snapshot of domain '${name}' was not completed: ${error.message}\n`);
    }
  }
}

/** For clients of other hosts, who are not asked who they are. */
function* listenToOthers(): Sys<Fd> {
  const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
  yield* sys.setsockopt(fd, 'SO_REUSEADDR', 1);
  yield* sys.bind(fd, { family: 'inet', address: 0, port: LIBVIRT_PORT });
  yield* sys.listen(fd);
  return fd;
}

/** `--listen`: also at a port, for other hosts. `announce` is told of every change of a domain's state. */
export function libvirtd(announce: (domain: Domain) => void): Program {
  return ({ argv }) => serve(announce, argv);
}

function* serve(announce: (domain: Domain) => void, argv: readonly string[]): Sys<number> {
  const listen = argv.slice(1).includes('--listen');
  const unknown = argv.slice(1).find((word) => word !== '--listen');
  if (unknown !== undefined) {
    yield* writeAll(2, `libvirtd: unrecognized option '${unknown}'\n`);
    return 1;
  }
  const domains = new Domains(announce);
  yield* domains.load();
  yield* sys.sigaction('PIPE', 'ignore');
  yield* mendSnapshots(domains);
  yield* startMarked(domains, ({ config }, why) =>
    writeAll(2, `libvirtd: Failed to autostart VM '${config.name}': ${why}\n`),
  );
  const listener = yield* sys.socket();
  yield* sys.bind(listener, LIBVIRT_SOCKET);
  yield* sys.chown(LIBVIRT_SOCKET, 0, LIBVIRT_GROUP);
  yield* sys.chmod(LIBVIRT_SOCKET, 0o770);
  yield* sys.listen(listener);
  const others = listen ? yield* listenToOthers() : null;
  const server = new Server(domains);
  for (;;) yield* server.turn(listener, others);
}
