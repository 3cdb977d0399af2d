/** A host's network: its namespaces, and the sockets that its system calls make in them. */
import { type EventQueue, OsError } from '../../base/index.ts';
import { IPPROTO_ICMP, NetworkNamespace, PhysicalDevice } from '../../network/index.ts';
import { requireCapable } from '../credentials/credentials.ts';
import { INITIAL_USER_NAMESPACE, type UserNamespace } from '../credentials/userNamespace.ts';
import type { NetNamespace, NetworkSocketFile, NetworkStack, NetworkSwitch } from '../files/networkStack.ts';
import type { ComputedNode } from '../fs/index.ts';
import { INITIAL_INODES } from '../namespaces/kinds.ts';
import type { SocketSpec } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { dumpNamespace } from './dump.ts';
import { DatagramFile, RawFile, StreamFile } from './inet.ts';
import { NetlinkFile } from './netlink/file.ts';
import { PacketFile } from './packetFile.ts';
import { PingFile } from './pingFile.ts';
import { procFiles } from './procFiles.ts';
import type { HostNamespace } from './socketFile.ts';
import { switchesOf } from './switches.ts';
import { sysFiles } from './sysFiles.ts';

const IPPROTO_RAW = 255;

/** Throws EACCES unless one of the task's groups is among those of net.ipv4.ping_group_range. */
function requirePingGroup({ credentials: { egid, groups } }: Task, { network }: HostNamespace): void {
  const [first, last] = network.settings.pingGroupRange;
  if (![egid, ...groups].some((gid) => first <= gid && gid <= last)) throw new OsError('EACCES');
}

export class HostNetwork implements NetworkStack {
  readonly root: HostNamespace;
  readonly #events: EventQueue;
  readonly #spaces: HostNamespace[];

  /** `root` is the namespace that the host has from the start. */
  constructor(root: NetworkNamespace) {
    this.root = {
      kind: 'net',
      inode: INITIAL_INODES.net,
      userNs: INITIAL_USER_NAMESPACE,
      network: root,
      peers: [],
    };
    this.#events = root.context.queue;
    this.#spaces = [this.root];
  }

  newNamespace(inode: number, userNs: UserNamespace): HostNamespace {
    const { network } = this.root;
    const name = `${network.name}/${inode}`;
    const made: HostNamespace = {
      kind: 'net',
      inode,
      userNs,
      network: new NetworkNamespace(network.context, name),
      peers: [],
    };
    this.#spaces.push(made);
    return made;
  }

  openSocket(task: Task, spec: SocketSpec, id: number): NetworkSocketFile {
    const space = task.namespaces.net as HostNamespace;
    const { family, type, protocol = 0 } = spec;
    if (family === 'netlink') return new NetlinkFile(id, space);
    if (family === 'packet') requireCapable(task.credentials, space.userNs, 'CAP_NET_RAW');
    const file =
      family === 'packet'
        ? new PacketFile(id, space, space.network.openPacketSocket(protocol))
        : this.#inetSocket(task, space, id, type, protocol);
    file.owner = { uid: task.credentials.euid, cgroup: task.cgroup };
    return file;
  }

  #inetSocket(task: Task, space: HostNamespace, id: number, type: SocketSpec['type'], protocol: number) {
    if (type === 'stream') return new StreamFile(id, space, space.network.tcp.open(), this.#events);
    if (type === 'dgram' && protocol === IPPROTO_ICMP) {
      requirePingGroup(task, space);
      return new PingFile(id, space, space.network.ping.open(), this.#events);
    }
    if (type === 'dgram') return new DatagramFile(id, space, space.network.udp.open(), this.#events);
    if (protocol < 1 || protocol > IPPROTO_RAW) throw new OsError('EPROTONOSUPPORT');
    requireCapable(task.credentials, space.userNs, 'CAP_NET_RAW');
    return new RawFile(id, space, space.network.raw.open(protocol), this.#events);
  }

  drop(space: NetNamespace): void {
    const at = this.#spaces.indexOf(space as HostNamespace);
    if (at < 0) return;
    this.#spaces.splice(at, 1);
    (space as HostNamespace).network.destroy(this.root.network);
  }

  procFiles(space: NetNamespace, reader: () => Task): ComputedNode {
    return procFiles(space as HostNamespace, reader);
  }

  sysFiles(space: NetNamespace): Record<string, ComputedNode> {
    return sysFiles(space as HostNamespace);
  }

  switches(space: NetNamespace): readonly NetworkSwitch[] {
    return switchesOf(space as HostNamespace, this.root);
  }

  attachLog(write: (text: string) => void): void {
    this.root.network.kernelLog = write;
  }

  shutDown(): void {
    for (const { network } of this.#spaces)
      for (const device of network.devices) {
        device.setUp(false);
        if (device instanceof PhysicalDevice) device.disconnect();
      }
  }

  dump(): unknown {
    return this.#spaces.map(({ inode, network }) => ({ inode, ...dumpNamespace(network) }));
  }
}
