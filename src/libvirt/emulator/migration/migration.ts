/** What an emulator has to do with migrations: one machine comes at its start, and goes any number of times until it has gone. */
import { OsError } from '../../../base/index.ts';
import type { Fd, PollReply, PollRequest, Sys } from '../../../linux/index.ts';
import { parseIpv4 } from '../../../network/index.ts';
import { statusOf } from '../../kvm/requests.ts';
import type { EmulatorOptions } from '../commandLine.ts';
import type { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { type MigrationReport, type MigrationStatus, NO_MIGRATION } from './report.ts';

/** QEMU's default of downtime-limit. */
const DOWNTIME = 300_000_000;

/** Of `tcp:ADDRESS:PORT`; null for anything else. */
function parseUri(uri: string): { readonly address: number; readonly port: number } | null {
  const [, host = '', port = ''] = /^tcp:([^:]*):(\d{1,5})$/.exec(uri) ?? [];
  const address = host === '0' ? 0 : parseIpv4(host);
  const number = Number(port);
  return address === null || port === '' || number < 1 || number > 65_535 ? null : { address, port: number };
}

/** Of `tcp:0:PORT`, where an emulator listens. */
export function portOf(uri: string): number | null {
  const parsed = parseUri(uri);
  return parsed?.address === 0 ? parsed.port : null;
}

export class Migration {
  readonly #vm: Fd;
  readonly #options: EmulatorOptions;
  readonly #incoming: Incoming | null;
  #outgoing: Outgoing | null = null;
  #downtime = DOWNTIME;
  #arrived = false;

  constructor(vm: Fd, options: EmulatorOptions, incoming: Incoming | null) {
    this.#vm = vm;
    this.#options = options;
    this.#incoming = incoming;
  }

  /** What to wait for, if there is anything. */
  get waitsFor(): readonly PollRequest[] {
    const request = this.#outgoing?.waitsFor ?? this.#incoming?.waitsFor ?? null;
    return request === null ? [] : [request];
  }

  /** Whether the machine is not all here yet. */
  get underWay(): boolean {
    return this.#incoming !== null && this.#incoming.status !== 'completed';
  }

  /** Whether the machine has come from elsewhere; once. */
  takeArrival(): boolean {
    const arrival = this.#incoming !== null && !this.#arrived;
    this.#arrived = true;
    return arrival;
  }

  /** Returns how it has ended, when it has. */
  *ready(reply: PollReply): Sys<MigrationStatus | null> {
    const side = this.#outgoing ?? this.#incoming;
    if (side === null || side.over) return null;
    yield* side.ready(reply);
    return side.over ? side.status : null;
  }

  /** Returns whether it has failed at once. Throws OsError EINVAL for what is no address, EBUSY while a machine goes or comes. */
  *begin({ uri, blk }: { readonly uri: string; readonly blk: boolean }): Sys<boolean> {
    const target = parseUri(uri);
    if (target === null) throw new OsError('EINVAL');
    if (this.underWay || (this.#outgoing !== null && !this.#outgoing.over)) throw new OsError('EBUSY');
    const { memory, disks } = this.#options;
    const { capacities } = yield* statusOf(this.#vm);
    const copied = disks.map(({ readOnly }, i) => (blk && !readOnly ? capacities[i]! : null));
    const head = { memory, disks: copied };
    this.#outgoing = yield* Outgoing.begin(this.#vm, { ...target, head, downtime: this.#downtime });
    return this.#outgoing.over;
  }

  /** Returns whether there was one to be cancelled. */
  *cancel(): Sys<boolean> {
    if (this.#outgoing === null || this.#outgoing.over) return false;
    yield* this.#outgoing.cancel();
    return true;
  }

  /** Milliseconds that the guest may stand still. Throws OsError EINVAL. */
  allow(milliseconds: number): void {
    if (!(milliseconds >= 0 && milliseconds <= 2_000_000)) throw new OsError('EINVAL');
    this.#downtime = milliseconds * 1e6;
    if (this.#outgoing !== null) this.#outgoing.downtime = this.#downtime;
  }

  *report(): Sys<MigrationReport> {
    if (this.#outgoing !== null) return yield* this.#outgoing.report();
    if (this.#incoming === null) return NO_MIGRATION;
    const { status, desc } = this.#incoming;
    return { ...NO_MIGRATION, status, desc };
  }
}
