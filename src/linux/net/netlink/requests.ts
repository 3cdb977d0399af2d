/**
 * What programs ask of the kernel about its network: the messages of rtnetlink(7), decoded, by their names. Each has an argument and an
 * answer, both plain data. GET may be asked by anybody; the rest needs CAP_NET_ADMIN and throws EPERM without it.
 */
import { type Errno, OsError } from '../../../base/index.ts';
import type {
  AddressScope,
  DeviceKind,
  DeviceStatistics,
  NeighbourState,
  OperState,
  PortState,
  QdiscOptions,
  QdiscStatistics,
  RouteProtocol,
  RouteScope,
  RouteType,
} from '../../../network/index.ts';
import type { Sys } from '../../program.ts';
import { sys } from '../../sys.ts';

/** An error with the kernel's own words (extended acknowledgement), which tools print in place of the error number's text. */
export class NetlinkError extends OsError {
  readonly words: string;

  constructor(code: Errno, words: string) {
    super(code, words);
    this.words = words;
  }
}

/** A port of a bridge (IFLA_PROTINFO). */
export interface PortInfo {
  readonly number: number;
  readonly state: PortState;
  readonly priority: number;
  readonly cost: number;
  readonly hairpin: boolean;
  readonly learning: boolean;
  readonly flood: boolean;
  readonly multicastFlood: boolean;
  readonly broadcastFlood: boolean;
  readonly isolated: boolean;
}

export interface LinkInfo {
  readonly index: number;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** IFF_LOWER_UP, when it is up as well. */
  readonly carrier: boolean;
  readonly operState: OperState;
  readonly queueLength: number;
  /** The kind of its queue of frames that wait to go out; `noop` before it was up for the first time. */
  readonly qdisc: string;
  readonly promiscuity: number;
  /** Set by hand, as the three flags below. */
  readonly promiscuous: boolean;
  readonly multicast: boolean;
  readonly allMulticast: boolean;
  readonly arp: boolean;
  /** Empty: none. */
  readonly alias: string;
  /** Index of the bridge that it is a port of, or 0. */
  readonly master: number;
  /** IFLA_LINK: index of a veth's other end or of the device below, or 0. */
  readonly link: number;
  /** The namespace that `link` is in, as this one numbers it, when it is another one. */
  readonly linkNamespace: number | null;
  readonly statistics: DeviceStatistics;
  readonly port: PortInfo | null;
  readonly bridge: {
    readonly ageing: number;
    readonly vlanFiltering: boolean;
    readonly defaultPvid: number;
  } | null;
  /** Of a VLAN device. */
  readonly vlan: number | null;
}

/** A namespace by a process in it, or by a descriptor of its file (IFLA_NET_NS_PID, IFLA_NET_NS_FD). */
export type NamespaceName = { readonly pid: number } | { readonly fd: number };

export interface NewLink {
  readonly kind: 'bridge' | 'veth' | 'vlan' | 'dummy' | 'tap';
  readonly name: string;
  /** Of a veth pair: the other end, and the namespace that it goes to. */
  readonly peer?: { readonly name: string | null; readonly namespace: NamespaceName | null };
  /** Of a VLAN device: index of the one below, and the VLAN. */
  readonly link?: number;
  readonly vlan?: number;
  readonly namespace?: NamespaceName;
}

export interface LinkChange {
  readonly index: number;
  readonly up?: boolean;
  readonly name?: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly queueLength?: number;
  readonly promiscuous?: boolean;
  readonly multicast?: boolean;
  readonly allMulticast?: boolean;
  readonly arp?: boolean;
  readonly alias?: string;
  /** A bridge's index; 0 takes it out of the one it is in. */
  readonly master?: number;
  readonly namespace?: NamespaceName;
  readonly bridge?: {
    readonly ageing?: number;
    readonly vlanFiltering?: boolean;
    readonly defaultPvid?: number;
  };
  readonly port?: Partial<Omit<PortInfo, 'number'>>;
}

export interface AddressInfo {
  readonly index: number;
  readonly address: number;
  readonly length: number;
  readonly broadcast: number | null;
  readonly scope: AddressScope;
  readonly label: string;
  readonly secondary: boolean;
}

export interface NewAddress {
  readonly index: number;
  readonly address: number;
  readonly length: number;
  readonly broadcast?: number | null;
  readonly scope?: AddressScope;
  readonly label?: string;
}

export interface RouteInfo {
  readonly type: RouteType;
  readonly destination: number;
  readonly length: number;
  readonly gateway: number | null;
  /** 0: none. */
  readonly device: number;
  readonly source: number | null;
  readonly metric: number;
  readonly scope: RouteScope;
  readonly protocol: RouteProtocol;
  readonly onlink: boolean;
  /** The device is up but has nobody at its other end. */
  readonly linkDown: boolean;
}

export interface RouteChange {
  readonly type?: RouteType;
  readonly destination: number;
  readonly length: number;
  readonly gateway?: number;
  readonly device?: number;
  readonly source?: number;
  readonly metric?: number;
  readonly scope?: RouteScope;
  readonly protocol?: RouteProtocol;
  readonly onlink?: boolean;
}

/**
 * `add` wants none of this prefix and metric to be there, `change` one, `replace` takes what it finds, and `prepend` puts it before
 * those that lead elsewhere.
 */
export type NewRouteHow = 'add' | 'change' | 'replace' | 'prepend';

export interface NeighbourInfo {
  readonly index: number;
  readonly address: number;
  readonly mac: string | null;
  readonly state: NeighbourState;
}

/** A row of a bridge's forwarding database. */
export interface FdbInfo {
  readonly mac: string;
  /** Index of the port, or of the bridge itself. */
  readonly device: number;
  readonly bridge: number;
  readonly vlan: number;
  readonly kind: 'learned' | 'static' | 'permanent';
  /** Nanoseconds since it was last heard. */
  readonly age: number;
}

export interface VlanInfo {
  readonly index: number;
  readonly vlans: readonly { readonly id: number; readonly pvid: boolean; readonly untagged: boolean }[];
}

export interface VlanChange {
  readonly index: number;
  /** Of the bridge itself, as its host's device. */
  readonly self: boolean;
  readonly id: number;
  readonly pvid: boolean;
  readonly untagged: boolean;
}

/** A queueing discipline at the root of a device (tc(8)). */
export interface QdiscInfo {
  readonly index: number;
  /** The number before the colon; 0 for the kernel's own. */
  readonly handle: number;
  readonly kind: string;
  /** Null for the kernel's own. */
  readonly options: QdiscOptions | null;
  readonly statistics: QdiscStatistics;
  readonly backlog: { readonly packets: number; readonly bytes: number };
}

export interface QdiscChange {
  readonly index: number;
  /** Null: the kernel chooses. */
  readonly handle: number | null;
  readonly options: QdiscOptions;
  /** `add` wants none to be there, `change` one of the kind, `replace` takes what it finds. */
  readonly how: 'add' | 'change' | 'replace';
}

/** Message → argument and answer. */
export interface RouteMessages {
  /** All devices, or the one of a name: ENODEV. */
  RTM_GETLINK: { argument: { readonly name: string } | null; answer: readonly LinkInfo[] };
  RTM_NEWLINK: { argument: NewLink; answer: null };
  RTM_SETLINK: { argument: LinkChange; answer: null };
  RTM_DELLINK: { argument: { readonly index: number }; answer: null };
  /** The number that another namespace has in this one; null when nothing leads there. */
  RTM_GETNSID: { argument: NamespaceName; answer: number | null };
  RTM_GETADDR: { argument: null; answer: readonly AddressInfo[] };
  /** `replace` takes one that is there as it is. */
  RTM_NEWADDR: { argument: NewAddress & { readonly replace?: boolean }; answer: null };
  RTM_DELADDR: { argument: NewAddress; answer: null };
  RTM_GETROUTE: { argument: { readonly table: 'main' | 'local' }; answer: readonly RouteInfo[] };
  RTM_NEWROUTE: { argument: RouteChange & { readonly how?: NewRouteHow }; answer: null };
  RTM_DELROUTE: { argument: Partial<RouteChange>; answer: null };
  /** Which way a packet to an address would go: the route with the source that it would have. */
  RTM_LOOKUP: {
    argument: { readonly destination: number; readonly source?: number; readonly device?: number };
    answer: RouteInfo;
  };
  RTM_GETNEIGH: { argument: null; answer: readonly NeighbourInfo[] };
  RTM_NEWNEIGH: {
    argument: NeighbourInfo & { readonly create: boolean; readonly exclusive: boolean };
    answer: null;
  };
  RTM_DELNEIGH: { argument: { readonly index: number; readonly address: number }; answer: null };
  RTM_GETFDB: { argument: null; answer: readonly FdbInfo[] };
  RTM_NEWFDB: {
    argument: {
      readonly index: number;
      readonly mac: string;
      readonly vlan: number;
      readonly kind: FdbInfo['kind'];
    };
    answer: null;
  };
  RTM_DELFDB: {
    argument: { readonly index: number; readonly mac: string; readonly vlan: number };
    answer: null;
  };
  RTM_GETQDISC: { argument: null; answer: readonly QdiscInfo[] };
  RTM_NEWQDISC: { argument: QdiscChange; answer: null };
  RTM_DELQDISC: { argument: { readonly index: number }; answer: null };
  RTM_GETVLAN: { argument: null; answer: readonly VlanInfo[] };
  RTM_NEWVLAN: { argument: VlanChange; answer: null };
  RTM_DELVLAN: { argument: VlanChange; answer: null };
}

export type RouteMessage = keyof RouteMessages;

/** Asks the kernel, over a socket of its own. Throws OsError, NetlinkError. */
export function* rtnetlink<M extends RouteMessage>(
  message: M,
  argument: RouteMessages[M]['argument'],
): Sys<RouteMessages[M]['answer']> {
  const fd = yield* sys.socket({ family: 'netlink', type: 'raw' });
  try {
    return (yield* sys.ioctl(fd, message, argument)) as RouteMessages[M]['answer'];
  } finally {
    yield* sys.close(fd);
  }
}
