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
        return found === undefined ? null : fileOf(found, own);
      },
    };
  };
  return { kind: 'dir', names: groups, child: (name) => (groups().includes(name) ? group(name) : null) };
}

function fileOf({ read, write, most }: NetworkSwitch, own: () => Task): ComputedNode {
  const userNs = () => own().credentials.userNs;
  const owner = own().namespaces.net!.userNs;
  return {
    kind: 'file',
    mode: write === null ? 0o444 : 0o644,
    // The administrator of the network namespace is root of the user namespace that owns it (net_ctl_set_ownership).
    uid: owner.hostUid(0) ?? 0,
    gid: owner.hostGid(0) ?? 0,
    text: () => `${read(userNs()).join('\t')}\n`,
    ...(write !== null && {
      write: (bytes: Uint8Array) => {
        const values = read(userNs());
        const words = decodeUtf8(bytes).trim().split(/\s+/).slice(0, values.length);
        if (words.some((word) => !/^\d+$/.test(word) || Number(word) > most)) throw new OsError('EINVAL');
        // What is not said stays as it is (proc_doulongvec_minmax).
        write([...words.map(Number), ...values.slice(words.length)], userNs());
      },
    }),
  };
}
