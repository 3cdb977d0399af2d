/** What an earlier life of the daemon has left behind: its containers have ended by now. */
import type { Sys } from '../../linux/index.ts';
import { list } from '../files.ts';
import { sweepPorts } from './bridge.ts';
import type { Catalogue } from './catalogue.ts';
import { sweepGuards } from './firewall.ts';
import type { Netlink } from './netlink.ts';
import { removeSandbox, SANDBOXES } from './sandbox.ts';

/** Takes devices at the networks' bridges and namespaces of containers away. */
export function* sweep(catalogue: Catalogue, netlink: Netlink): Sys<void> {
  const bridges = catalogue.bridges();
  for (const network of bridges) yield* sweepPorts(netlink, network);
  yield* sweepGuards(
    netlink,
    bridges.map(({ record }) => record.Bridge),
  );
  for (const name of yield* list(SANDBOXES)) yield* removeSandbox(`${SANDBOXES}/${name}`);
}
