/** The way of a frame between two VMs of a host: recorded from both guests' traces and the switch's. */
import { assert, EventQueue, Trace, type TraceEvent } from '../../base/index.ts';
import { Hypervisor, VirtualSwitch } from '../../hypervisor/index.ts';
import { NetDevice, PhysicalMemory } from '../../machine/index.ts';
import { accesses, first } from './events.ts';
import { Guest } from './guest.ts';
import type { Path, Station } from './types.ts';

const MIB = 2 ** 20;
const VLAN = 1;
const PORT = 7;

const LAYERS = [
  { key: 'web1 program', name: 'web1: program' },
  { key: 'web1', name: 'web1: kernel' },
  { key: 'hypervisor', name: 'Hypervisor' },
  { key: 'switch', name: 'Switch' },
  { key: 'web2', name: 'web2: kernel' },
  { key: 'web2 program', name: 'web2: program' },
] as const;

const mac = (station: number) => `52:54:00:00:00:0${station}`;

class Network {
  readonly trace: Trace;
  readonly web1: Guest;
  readonly web2: Guest;
  readonly #hypervisor: Hypervisor;

  constructor() {
    const queue = new EventQueue();
    this.trace = new Trace(queue);
    const memory = new PhysicalMemory({ size: 32 * MIB });
    this.#hypervisor = new Hypervisor({ memory, queue, trace: this.trace, traceExits: true });
    const bridge = new VirtualSwitch({ name: 'br0', trace: this.trace });
    // The host's own card: a port like any other, behind which is the rest of the world.
    bridge.plug({ name: 'uplink', macs: [mac(9)], vlan: VLAN }, () => undefined);
    this.web1 = this.#guest(bridge, 1);
    this.web2 = this.#guest(bridge, 2);
  }

  #guest(bridge: VirtualSwitch, station: 1 | 2): Guest {
    const name = `web${station}`;
    const device: NetDevice = new NetDevice(
      'eth0',
      Uint8Array.of(0x52, 0x54, 0, 0, 0, station),
      bridge.plug({ name, macs: [mac(station)], vlan: VLAN }, (frame) => device.receive(frame)),
    );
    return new Guest(this.#hypervisor, name, [device], `ip=10.0.0.${station}/24`);
  }
}

export function recordFrame(): Path {
  const { trace, web1, web2 } = new Network();
  // Both know each other's hardware address already.
  web1.command('ping -c 1 10.0.0.2');
  web2.command('trace on');
  web2.type(`udp listen ${PORT}`);
  web1.command('trace on');
  const from = trace.length;
  web1.command(`udp send 10.0.0.2 ${PORT} hello`);
  const received = web2.waitFor('hello').split('\n').at(-1)!;
  const events = trace.since(from);
  const sent = told(web1);
  web2.interrupt();
  const arrived = told(web2);
  const forged = trace.length;
  web1.command('trace on');
  web1.command(`spoof ${mac(2)} ${mac(9)} surprise`);
  const dropped = trace.since(forged);
  return {
    layers: LAYERS,
    stations: [
      ...sending(sent),
      ...switching(events),
      ...receiving(arrived, events, received),
      ...forging(told(web1), dropped),
    ],
  };
}

/** What a guest noted, without times. */
function told(guest: Guest): string[] {
  return guest
    .command('trace')
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => line.replace(/^\[[^\]]*\] /, ''));
}

const line = (lines: readonly string[], start: string): string => {
  const found = lines.find((candidate) => candidate.startsWith(start));
  assert(found !== undefined, `the guest noted no "${start}"`);
  return found;
};

function sending(lines: readonly string[]): Station[] {
  return [
    {
      layer: 'web1 program',
      title: 'A system call.',
      say: 'The program gives five bytes and an address to its kernel.',
      recorded: [`web1: ${line(lines, 'system call')}`],
    },
    {
      layer: 'web1',
      title: 'A frame.',
      say: 'The kernel puts headers around the five bytes, of UDP, of IP and of Ethernet, and describes the frame in the queue for sending.',
      recorded: [`web1: ${line(lines, 'virtqueue')}`],
    },
    {
      layer: 'web1',
      title: 'The doorbell.',
      say: 'As with a disk, one write to one register tells the device.',
      recorded: [`web1: ${line(lines, 'doorbell')}`],
    },
  ];
}

/** The switch's event as one line. */
function switched(events: readonly TraceEvent[]): string {
  const { from, to, source, destination, bytes } = first(events, 'switch.frame').detail;
  return `switch.frame: ${bytes} bytes from port ${from}, ${source} → ${destination}; to ${to === '' ? 'nobody' : `port ${to}`}`;
}

function switching(events: readonly TraceEvent[]): Station[] {
  const { readable } = first(events, 'virtq.pop', 'web1').detail;
  return [
    {
      layer: 'hypervisor',
      title: 'VM exit.',
      say: 'The hypervisor takes the frame out of the guest’s memory, with twelve bytes of virtio’s own in front of it, and hands it to the port of the switch that belongs to this VM.',
      recorded: [...accesses(events, 'web1').slice(0, 1), `virtq.pop: ${readable} bytes to read`],
    },
    {
      layer: 'switch',
      title: 'The switch.',
      say: 'The sender’s address is the one that belongs to the port, so the frame may pass. The receiver’s address is behind one other port, and only that one gets it. It does not leave the host.',
      recorded: [switched(events)],
    },
  ];
}

function receiving(lines: readonly string[], events: readonly TraceEvent[], received: string): Station[] {
  const pushed = first(events, 'virtq.push', 'web2');
  const raised = first(events.slice(events.indexOf(pushed)), 'irq.raise');
  return [
    {
      layer: 'hypervisor',
      title: 'Into the other VM.',
      say: 'web2’s driver has laid out empty buffers. The hypervisor fills one, puts it onto the used ring and makes an interrupt pending.',
      recorded: [
        `virtq.push: ${pushed.detail.written} bytes written`,
        `irq.raise: source ${raised.detail.source}`,
      ],
    },
    {
      layer: 'web2',
      title: 'The interrupt.',
      say: 'web2’s kernel takes the frame apart again, header by header, finds out for which program it is, and offers the buffer anew.',
      recorded: [`web2: ${line(lines, 'interrupt')}`],
    },
    {
      layer: 'web2 program',
      title: 'Arrived.',
      say: 'The program that waited for it prints what it got.',
      recorded: [received],
    },
  ];
}

function forging(lines: readonly string[], events: readonly TraceEvent[]): Station[] {
  return [
    {
      layer: 'web1 program',
      title: 'In another’s name.',
      say: 'Now web1 sends a frame with web2’s address as the sender’s. Nothing within the guest can keep its administrator from that.',
      recorded: [`# spoof ${mac(2)} ${mac(9)} surprise`, `web1: ${line(lines, 'virtqueue')}`],
    },
    {
      layer: 'switch',
      title: 'Dropped.',
      say: 'The switch knows which address belongs to which port. This one does not, and the frame goes nowhere.',
      recorded: [switched(events)],
    },
  ];
}
