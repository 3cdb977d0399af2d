/** /proc/sys/net: the switches of the network namespace of whoever looks. */
import { decodeUtf8, OsError } from '../base/index.ts';
import type { NetworkStack, NetworkSwitch } from './files/networkStack.ts';
import type { ComputedNode } from './fs/index.ts';
import type { Task } from './tasks/task.ts';

export function networkSwitches(network: NetworkStack, own: () => Task): ComputedNode {
  const all = () => network.switches(own().namespaces.net!);
  const groups = () => [...new Set(all().map(({ path }) => path.split('/')[0]!))];
  const group = (name: string): ComputedNode => {
    const within = () => all().filter(({ path }) => path.startsWith(`${name}/`));
    return {
      kind: 'dir',
      names: () => within().map(({ path }) => path.slice(name.length + 1)),
      child: (file) => {
        const found = within().find(({ path }) => path === `${name}/${file}`);
        return found === undefined ? null : fileOf(found);
      },
    };
  };
  return { kind: 'dir', names: groups, child: (name) => (groups().includes(name) ? group(name) : null) };
}

function fileOf({ read, write, most }: NetworkSwitch): ComputedNode {
  return {
    kind: 'file',
    mode: write === null ? 0o444 : 0o644,
    text: () => `${read()}\n`,
    ...(write !== null && {
      write: (bytes: Uint8Array) => {
        const value = decodeUtf8(bytes).trim();
        if (!/^\d+$/.test(value) || Number(value) > most) throw new OsError('EINVAL');
        write(Number(value));
      },
    }),
  };
}
