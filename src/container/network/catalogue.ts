/** Which networks there are on an engine's host, with their bridges and rules. */
import type { Sys } from '../../linux/index.ts';
import type { Prefix } from '../../network/index.ts';
import { randomHex, timestamp } from '../files.ts';
import { type Container, EngineError } from '../model.ts';
import { makeBridge, turnForwardingOn } from './bridge.ts';
import { setUpFirewall } from './firewall.ts';
import { freeSubnet } from './ipam.ts';
import type { Netlink } from './netlink.ts';
import { PREDEFINED_NAMES, predefinedRecord } from './predefined.ts';
import { loadRecords, networkOfRecord, saveRecords } from './store.ts';
import type { Endpoint, Network } from './types.ts';

export class Catalogue {
  /** By id. */
  readonly all = new Map<string, Network>();

  /** Reads what an earlier life of the daemon knew, makes what is missing, and puts bridges and rules in place. */
  *setUp(netlink: Netlink): Sys<void> {
    for (const record of yield* loadRecords()) this.all.set(record.Id, networkOfRecord(record));
    const missing = PREDEFINED_NAMES.filter((name) => this.find(name) === null);
    for (const name of missing) {
      const subnet = freeSubnet(yield* this.usedSubnets(netlink));
      const record = predefinedRecord(name, yield* randomHex(32), yield* timestamp(), subnet);
      this.all.set(record.Id, networkOfRecord(record));
    }
    if (missing.length > 0) yield* this.save();
    yield* setUpFirewall(netlink, yield* turnForwardingOn());
    for (const network of this.bridges()) yield* makeBridge(netlink, network);
  }

  bridges(): Network[] {
    return [...this.all.values()].filter(({ record }) => record.Driver === 'bridge');
  }

  subnets(): Prefix[] {
    return [...this.all.values()].flatMap(({ subnet }) => (subnet === null ? [] : [subnet]));
  }

  /** Subnets that a new network must not meet: of networks, and of the host's routes. */
  *usedSubnets(netlink: Netlink): Sys<Prefix[]> {
    const routes = yield* netlink.request('RTM_GETROUTE', { table: 'main' });
    const hosts = routes.filter(({ length }) => length > 0);
    return [...this.subnets(), ...hosts.map(({ destination, length }) => ({ address: destination, length }))];
  }

  *save(): Sys<void> {
    yield* saveRecords([...this.all.values()].map(({ record }) => record));
  }

  /** By name, id or start of an id. */
  find(name: string): Network | null {
    const all = [...this.all.values()];
    return (
      all.find(({ record }) => record.Name === name || record.Id === name) ??
      all.find(({ record }) => name !== '' && record.Id.startsWith(name)) ??
      null
    );
  }

  /** As {@link find}. Throws EngineError. */
  require(name: string): Network {
    const network = this.find(name);
    if (network === null) throw new EngineError(404, `network ${name} not found`);
    return network;
  }

  endpointsOf({ ID }: Pick<Container, 'ID'>): Endpoint[] {
    return [...this.all.values()].flatMap(({ endpoints }) => endpoints.get(ID) ?? []);
  }
}
