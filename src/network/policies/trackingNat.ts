/** Source translation with connection tracking and published ports, in its plainest form: what a {@link NatPolicy} is by default. */
import { type Nanos, SECOND } from '../../base/index.ts';
import type { NatAnswer, NatEnd, NatPacket, NatPolicy } from './types.ts';

export interface TrackingNatOptions {
  /** The address that outside sees. */
  readonly address: string;
  /** First and last port to give away. */
  readonly ports: readonly [number, number];
  /** Ports that lead inside. */
  readonly published: readonly {
    readonly protocol: 'tcp' | 'udp';
    readonly port: number;
    readonly to: NatEnd;
  }[];
  /** How many flows are remembered. */
  readonly capacity: number;
  /** How long after its last packet a flow is remembered. */
  readonly timeout?: Readonly<Record<NatPacket['protocol'], Nanos>>;
}

export interface NatFlow {
  readonly protocol: NatPacket['protocol'];
  readonly inside: NatEnd;
  readonly remote: NatEnd;
  /** What stands for `inside` outside. */
  readonly outside: NatEnd;
  expires: Nanos;
}

/** As Linux's for flows of which nothing more is known (netfilter/conntrack). */
const TIMEOUT = { tcp: 432_000 * SECOND, udp: 30 * SECOND, icmp: 30 * SECOND } as const;

export class TrackingNat implements NatPolicy {
  readonly #options: TrackingNatOptions;
  #flows: NatFlow[] = [];

  constructor(options: TrackingNatOptions) {
    this.#options = options;
  }

  flows(now: Nanos): readonly NatFlow[] {
    this.#flows = this.#flows.filter((flow) => flow.expires > now);
    return this.#flows;
  }

  outbound(packet: NatPacket, now: Nanos): NatAnswer {
    const { protocol, source, destination } = packet;
    if (source.address === this.#options.address) return null;
    const flows = this.flows(now);
    const known = flows.find(
      (flow) => flow.protocol === protocol && sameEnd(flow.inside, source) && sameRemote(flow, destination),
    );
    if (known !== undefined) return this.#keep(known, now, known.outside);
    // An answer of a published server that we let in is known as well; what is left is new.
    if (flows.length >= this.#options.capacity) return { drop: 'table full' };
    const outside = this.#choose(packet, flows);
    if (outside === null) return { drop: 'no port left' };
    const flow: NatFlow = { protocol, inside: source, remote: destination, outside, expires: 0 };
    this.#flows.push(flow);
    return this.#keep(flow, now, outside);
  }

  inbound(packet: NatPacket, now: Nanos): NatAnswer {
    const { protocol, source, destination } = packet;
    const flows = this.flows(now);
    const known = flows.find(
      (flow) => flow.protocol === protocol && sameEnd(flow.outside, destination) && sameRemote(flow, source),
    );
    if (known !== undefined) return this.#keep(known, now, known.inside);
    const published = this.#options.published.find(
      (each) => each.protocol === protocol && each.port === destination.port,
    );
    if (published === undefined) return { drop: 'unsolicited' };
    if (flows.length >= this.#options.capacity) return { drop: 'table full' };
    const flow: NatFlow = {
      protocol,
      inside: published.to,
      remote: source,
      outside: destination,
      expires: 0,
    };
    this.#flows.push(flow);
    return this.#keep(flow, now, published.to);
  }

  #keep(flow: NatFlow, now: Nanos, rewrite: NatEnd): NatAnswer {
    flow.expires = now + (this.#options.timeout ?? TIMEOUT)[flow.protocol];
    return { rewrite };
  }

  /** The port that the source has itself, or the first that no flow to the same remote end has. */
  #choose(packet: NatPacket, flows: readonly NatFlow[]): NatEnd | null {
    const { protocol, source, destination } = packet;
    const { address, ports, published } = this.#options;
    const taken = new Set<number>();
    for (const flow of flows)
      if (flow.protocol === protocol && sameRemote(flow, destination)) taken.add(flow.outside.port);
    for (const each of published) if (each.protocol === protocol) taken.add(each.port);
    const [first, last] = ports;
    const own = source.port >= first && source.port <= last && !taken.has(source.port);
    if (own) return { address, port: source.port };
    for (let port = first; port <= last; port++) if (!taken.has(port)) return { address, port };
    return null;
  }
}

function sameEnd(a: NatEnd, b: NatEnd): boolean {
  return a.address === b.address && a.port === b.port;
}

/** The other end of an echo has no port of its own: what it shows is the identifier that is being translated. */
function sameRemote(flow: NatFlow, end: NatEnd): boolean {
  return flow.remote.address === end.address && (flow.protocol === 'icmp' || flow.remote.port === end.port);
}
