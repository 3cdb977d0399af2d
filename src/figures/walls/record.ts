/**
 * Four attacks of one VM on another, on the book's hypervisor with its own rules: what was typed, what the host divides between the two,
 * what the attack was aimed at, and what came of it.
 */
import { assert, EventQueue, type Nanos, Trace } from '../../base/index.ts';
import { MemoryStore, RawImage, SECTOR } from '../../disk/index.ts';
import { FRAME_BYTES, Hypervisor, MappedDisk, VirtualSwitch } from '../../hypervisor/index.ts';
import { DiskBackend } from '../../libvirt/index.ts';
import { BlockDevice, NetDevice, PhysicalMemory } from '../../machine/index.ts';
import { Guest } from '../paths/index.ts';

const MIB = 2 ** 20;
/** Sectors of each VM's disk: 1 MiB. */
const SECTORS = 2048;
const NAMES = ['mallory', 'alice', 'bob'] as const;
/** Of each VM, in the order of their names: the attacker is in another network than the two others. */
const VLANS = [20, 10, 10] as const;

type Owner = (typeof NAMES)[number];

/** A piece of what the host divides. */
export interface Piece {
  readonly owner: Owner;
  /** Where it begins, or what it is. */
  readonly what: string;
  /** Whether the attack was aimed at it. */
  readonly aimedAt: boolean;
}

export interface Wall {
  readonly resource: string;
  /** What mallory typed. */
  readonly typed: string;
  /** What mallory was told; null when it was told nothing. */
  readonly answer: string | null;
  readonly pieces: readonly Piece[];
  /** Who holds it back, and by what. */
  readonly held: string;
}

const mac = (index: number) => `52:54:00:00:00:0${'abc'[index]}`;

class Host {
  readonly trace: Trace;
  readonly hypervisor: Hypervisor;
  readonly bridge: VirtualSwitch;
  readonly guests: readonly Guest[];
  readonly #volume = new DiskBackend(
    new RawImage(MemoryStore.of(new Uint8Array(3 * SECTORS * SECTOR))),
    false,
  );

  constructor() {
    const queue = new EventQueue();
    this.trace = new Trace(queue);
    const memory = new PhysicalMemory({ size: 32 * MIB });
    this.hypervisor = new Hypervisor({ memory, queue, trace: this.trace, traceExits: true });
    this.bridge = new VirtualSwitch({ name: 'virbr0', trace: this.trace });
    this.guests = NAMES.map((name, index) => this.#guest(name, index));
  }

  #guest(name: Owner, index: number): Guest {
    const disk = { name: 'vda', vm: name, sectors: SECTORS, first: index * SECTORS, readOnly: false };
    const card: NetDevice = new NetDevice(
      'eth0',
      Uint8Array.of(0x52, 0x54, 0, 0, 0, 0x0a + index),
      this.bridge.plug({ name, macs: [mac(index)], vlan: VLANS[index]! }, (frame) => card.receive(frame)),
    );
    const slots = [new BlockDevice('disk', new MappedDisk({ disk, volume: this.#volume }), 'disk'), card];
    return new Guest(this.hypervisor, name, slots, `ip=10.0.0.${index + 1}/24`, true);
  }
}

/** Plays the attacks, one after the other. */
export function recordWalls(): Wall[] {
  const host = new Host();
  return [memory(host), disk(host), network(host), processor(host)];
}

/** Types a line at mallory's; the last line it prints. */
function attack({ guests }: Host, typed: string): string {
  return guests[0]!.command(typed).split('\n').at(-1)!;
}

/** The first address behind mallory's RAM; in the host's memory alice's begins there. */
function memory(host: Host): Wall {
  const { memory: mallory } = host.guests[0]!.vm;
  const { memory: alice } = host.guests[1]!.vm;
  const behind = mallory.base + mallory.size;
  const typed = `peek 0x${behind.toString(16)}`;
  const { frames } = host.hypervisor;
  assert(frames.ownerOf(alice.firstFrame!)?.owner === 'alice', 'alice has her frames');
  assert(alice.firstFrame! * FRAME_BYTES === behind, 'alice lies behind mallory');
  return {
    resource: 'Memory',
    typed,
    answer: attack(host, typed),
    pieces: host.guests.map(({ vm: { name, memory } }) => ({
      owner: name as Owner,
      what: `from 0x${(memory.firstFrame! * FRAME_BYTES).toString(16)}`,
      aimedAt: name === 'alice',
    })),
    held: 'The second stage of translation has no page there for mallory: the access ends in the hypervisor.',
  };
}

function disk(host: Host): Wall {
  const typed = `dd if=/dev/vda skip=${SECTORS} count=1`;
  const said = host.guests[0]!.command(typed).split('\n');
  return {
    resource: 'Disk',
    typed,
    answer: said.find((line) => line.startsWith('dd: error')) ?? said.join(' '),
    pieces: NAMES.map((owner, index) => ({
      owner,
      what: `from sector ${index * SECTORS}`,
      aimedAt: owner === 'alice',
    })),
    held: `The back end compares the last sector asked for with the size of mallory’s disk, ${SECTORS} sectors.`,
  };
}

/** A frame to bob in alice's name. */
function network(host: Host): Wall {
  const typed = `spoof ${mac(1)} ${mac(2)} hello`;
  const from = host.trace.length;
  const answer = attack(host, typed);
  const frame = host.trace.since(from, 'switch.frame').find(({ detail }) => detail.source === mac(1));
  assert(frame !== undefined, 'the switch saw the forged frame');
  assert(frame.detail.to === '', 'a forged frame reaches nobody');
  return {
    resource: 'Network',
    typed,
    answer,
    pieces: host.bridge.ports.map(({ name, vlan }) => ({
      owner: name as Owner,
      what: `port in VLAN ${vlan}`,
      aimedAt: name === 'bob',
    })),
    held: `The frame came in by mallory’s port. Its sender’s address, ${mac(1)}, is not one of that port’s, and so it goes nowhere.`,
  };
}

/** How many turns of the processor are shown. */
const TURNS = 5;
/** How finely the clock is read, in instructions. */
const STEP = 1000;

/** Turns of the processor while mallory runs for ever with interrupts off, and alice wants it just as much. */
function processor({ guests, hypervisor, trace }: Host): Wall {
  const [mallory, alice] = guests;
  const typed = 'hog';
  alice!.type(typed);
  mallory!.type(typed);
  hypervisor.run({ instructions: 3000 * STEP });
  const from = trace.length;
  const begun: Nanos[] = [];
  while (begun.length <= TURNS) {
    hypervisor.run({ instructions: STEP });
    while (begun.length < trace.since(from, 'vcpu.run').length) begun.push(hypervisor.now);
  }
  const runs = trace.since(from, 'vcpu.run').slice(0, TURNS);
  return {
    resource: 'Processor',
    typed,
    answer: null,
    pieces: runs.map(({ detail }, index) => ({
      owner: detail.vm as Owner,
      what: milliseconds(begun[index + 1]! - begun[index]!),
      aimedAt: detail.vm === 'alice',
    })),
    held: 'Both run a loop that never ends, mallory with interrupts off. The hypervisor’s own timer ends each turn all the same: it is not a guest’s.',
  };
}

const milliseconds = (nanos: Nanos) => `${Number((nanos / 1_000_000).toPrecision(2))} ms`;
