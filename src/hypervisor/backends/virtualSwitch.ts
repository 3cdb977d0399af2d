/** A switch between the network cards of a host's VMs: which ports get a frame is a policy's affair. */
import type { Trace } from '../../base/index.ts';
import { assert } from '../../base/index.ts';
import type { NetBackend } from '../../machine/index.ts';
import '../events.ts';
import { consultOr, shown } from '../policies/consult.ts';
import type { Forward, FrameView, PortView, ReportPolicyFault } from '../policies/types.ts';

/**
 * A frame reaches the port that has its destination, or all others for a group address, in its own VLAN alone. One under an address that
 * its port has not, or with a VLAN tag, which no guest is to write, goes nowhere.
 */
export const ownPorts: Forward = (frame, inPort, ports) => {
  if (frame.vlan !== null || !inPort.macs.includes(frame.source)) return [];
  const others = ports.filter(({ name, vlan }) => name !== inPort.name && vlan === inPort.vlan);
  const reached = isGroup(frame.destination)
    ? others
    : others.filter(({ macs }) => macs.includes(frame.destination));
  return reached.map(({ name }) => name);
};

/** IEEE 802: bit 0 of the first byte is set in addresses of several stations, broadcast included. */
const isGroup = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

export interface VirtualSwitchOptions {
  readonly name: string;
  /** Asked for each frame; {@link ownPorts} when it is left out. */
  readonly forward?: Forward;
  /** Hears when it threw or answered nonsense: the frame is dropped. */
  readonly onPolicyFault?: ReportPolicyFault;
  readonly trace?: Trace | null;
}

/** Destination, source, type. */
const HEADER_SIZE = 14;
/** A tag's TPID (IEEE 802.1Q). */
const TAGGED = 0x8100;

export class VirtualSwitch {
  readonly #options: VirtualSwitchOptions;
  readonly #ports = new Map<
    string,
    { readonly view: PortView; readonly receive: (frame: Uint8Array) => void }
  >();

  constructor(options: VirtualSwitchOptions) {
    this.#options = options;
  }

  /** All ports, in the order in which they were plugged in. */
  get ports(): readonly PortView[] {
    return [...this.#ports.values()].map(({ view }) => view);
  }

  /** Adds a port; `receive` gets the frames for it. Gives what its network card sends into. */
  plug(port: PortView, receive: (frame: Uint8Array) => void): NetBackend {
    assert(!this.#ports.has(port.name), `port ${port.name} is there already`);
    assert(Number.isInteger(port.vlan) && port.vlan >= 1 && port.vlan <= 4094, `VLAN ${port.vlan}`);
    const view = Object.freeze({ ...port, macs: Object.freeze(port.macs.map((mac) => mac.toLowerCase())) });
    this.#ports.set(port.name, { view, receive });
    return { transmit: (frame) => this.#transmit(view, frame) };
  }

  /** Takes a port away: nothing goes in or out there any more. */
  unplug(name: string): void {
    this.#ports.delete(name);
  }

  #transmit(inPort: PortView, bytes: Uint8Array): void {
    const { name, forward = ownPorts, onPolicyFault = () => {}, trace } = this.#options;
    if (bytes.length < HEADER_SIZE || this.#ports.get(inPort.name)?.view !== inPort) return;
    const frame = viewOf(bytes);
    const { ports } = this;
    const report: ReportPolicyFault = (fault) => {
      trace?.emit('policy.fault', inPort.name, { policy: fault.policy, message: fault.message });
      onPolicyFault(fault);
    };
    const to = consultOr(
      { policy: 'forward', subject: inPort.name },
      () => forward(frame, inPort, Object.freeze(ports)),
      (answer) => readPorts(answer, this.#ports),
      report,
      () => [],
    );
    const { source, destination } = frame;
    trace?.emit('switch.frame', name, {
      from: inPort.name,
      to: to.join(','),
      source,
      destination,
      bytes: bytes.length,
    });
    for (const port of to) this.#ports.get(port)?.receive(bytes.slice());
  }
}

function viewOf(bytes: Uint8Array): FrameView {
  const mac = (at: number) =>
    [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  const half = (at: number) => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  const tagged = half(12) === TAGGED;
  return Object.freeze({
    destination: mac(0),
    source: mac(6),
    type: half(tagged ? 16 : 12),
    vlan: tagged ? half(14) & 0xfff : null,
    bytes: bytes.slice(),
  });
}

function readPorts(answer: unknown, ports: ReadonlyMap<string, unknown>): readonly string[] {
  if (!Array.isArray(answer)) throw new Error(`answered ${shown(answer)}, which is no list of ports`);
  const unknown = answer.find((name) => !ports.has(name as string));
  if (unknown !== undefined || answer.includes(undefined))
    throw new Error(`${shown(unknown)} is the name of no port`);
  return [...new Set(answer as string[])];
}
