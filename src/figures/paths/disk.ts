/** The way of a write: recorded from the guest's own trace, the hypervisor's, and the writes that its disk's file really gets. */
import { assert, EventQueue, Trace, type TraceEvent } from '../../base/index.ts';
import { createQcow2, MemoryStore } from '../../disk/index.ts';
import { Hypervisor } from '../../hypervisor/index.ts';
import { DiskBackend } from '../../libvirt/index.ts';
import { BlockDevice, PhysicalMemory } from '../../machine/index.ts';
import { accesses, first } from './events.ts';
import { Guest } from './guest.ts';
import type { Path, Station } from './types.ts';

const MIB = 2 ** 20;
const VM = 'db';

const LAYERS = [
  { key: 'program', name: 'Program' },
  { key: 'kernel', name: 'Guest’s kernel' },
  { key: 'hypervisor', name: 'Hypervisor' },
  { key: 'file', name: 'Host’s file' },
] as const;

/** A file of the host that says what is done to it. */
class WatchedStore extends MemoryStore {
  told: string[] = [];

  override write(offset: number, data: Uint8Array): void {
    this.told.push(`db.qcow2: ${data.length} bytes at ${offset}`);
    super.write(offset, data);
  }

  override flush(): void {
    this.told.push('db.qcow2: flush');
    super.flush();
  }
}

/** One round to the device and back, as the host's trace has it. */
interface Round {
  readonly chain: string;
  readonly doorbell: string;
  readonly file: readonly string[];
  readonly status: string;
  readonly answered: string;
  /** Exits for which the guest's driver asks why it was interrupted. */
  readonly asked: readonly string[];
}

export function recordDisk(): Path {
  const queue = new EventQueue();
  const trace = new Trace(queue);
  const memory = new PhysicalMemory({ size: 24 * MIB });
  const hypervisor = new Hypervisor({ memory, queue, trace, traceExits: true });
  const store = new WatchedStore();
  const image = createQcow2(store, { size: 4 * MIB });
  const disk = new BlockDevice('disk', new DiskBackend(image, false), 'disk', trace);
  const guest = new Guest(hypervisor, VM, [disk]);
  guest.command('trace on');
  store.told = [];
  const from = trace.length;
  guest.command('write /dev/vda hello');
  guest.command('sync');
  const rounds = roundsOf(trace.since(from), store.told);
  const lines = guest
    .command('trace')
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\] /, ''));
  return { layers: LAYERS, stations: [...stationsOf(lines, rounds)] };
}

/** The guest's stations in their order; behind each doorbell what the host does. */
function* stationsOf(lines: readonly string[], rounds: readonly Round[]): Generator<Station> {
  let round = 0;
  for (const line of lines) {
    if (line.startsWith('doorbell')) {
      const here = rounds[round++];
      assert(here !== undefined, 'a doorbell that the host did not hear');
      yield {
        layer: 'kernel',
        title: 'The doorbell.',
        say: 'One write to a register of the device. It is the first thing of all this that the guest cannot do by itself.',
        recorded: [`guest: ${line}`],
      };
      yield* hostStations(here);
    } else if (line.startsWith('interrupt')) {
      const { asked } = rounds[round - 1]!;
      yield {
        layer: 'kernel',
        title: 'The interrupt.',
        say: `The driver is woken and asks the device what it wants: ${asked.length} more accesses to its registers, ${asked.length} more exits.`,
        recorded: [`guest: ${line}`, ...asked],
      };
    } else yield guestStation(line, round);
  }
}

function guestStation(line: string, round: number): Station {
  const recorded = [`guest: ${line}`];
  if (line.startsWith('system call: write'))
    return {
      layer: 'program',
      title: 'A system call.',
      say: 'The program gives its bytes to the guest’s kernel, an ordinary trap within the guest.',
      recorded,
    };
  if (line.startsWith('cache'))
    return {
      layer: 'kernel',
      title: 'The guest’s cache.',
      say: 'The kernel changes a copy of the sector in its memory and lets the program go on. Nothing has left the guest.',
      recorded,
    };
  if (line === 'system call: sync')
    return {
      layer: 'program',
      title: 'Another system call.',
      say: 'Somebody wants to be sure. Without this, the bytes would stay in the guest’s memory until the kernel needs the place.',
      recorded,
    };
  if (line.startsWith('block: flush'))
    return {
      layer: 'kernel',
      title: 'A second request.',
      say: 'The write is complete, but it may lie in a cache of the host. A flush asks for it to be brought to safety.',
      recorded,
    };
  if (line.startsWith('block'))
    return {
      layer: 'kernel',
      title: 'The block layer.',
      say: 'It makes a request of what the cache holds: which sectors, to or from where in memory.',
      recorded,
    };
  if (line.startsWith('virtqueue: a chain'))
    return {
      layer: 'kernel',
      title: 'The virtqueue.',
      say:
        round === 0
          ? 'The driver describes the request in memory that it shares with the device: a header, the data, a byte for the status. Writing memory causes no exit.'
          : 'This time a header and a byte for the status: a flush carries no data.',
      recorded,
    };
  if (!line.startsWith('virtqueue: the chain came back'))
    return { layer: 'kernel', title: 'In the guest’s kernel.', say: `It notes: ${line}.`, recorded };
  return {
    layer: 'kernel',
    title: round === 1 ? 'The write is done.' : 'The flush is done.',
    say:
      round === 1
        ? 'Status 0: the next read will see the new bytes. Whether they would survive a power cut is not said.'
        : 'Status 0: now they would. The sync returns to the program.',
    recorded,
  };
}

function* hostStations({ chain, doorbell, file, status, answered }: Round): Generator<Station> {
  yield {
    layer: 'hypervisor',
    title: 'VM exit.',
    say: 'The hypervisor sees which register was written, takes the chain off the ring, and checks all of it: the addresses, the length, the sectors.',
    recorded: [doorbell, chain],
  };
  yield {
    layer: 'file',
    title: file.length > 1 ? 'The file.' : 'The file, for good.',
    say:
      file.length > 1
        ? 'The image had no table for this part of the disk: one is made, then a cluster for the data. Each time the new cluster is counted and filled first, and only after a flush an entry leads to it, so that a power cut at any moment leaves a readable image. This is what six bytes of a program have become.'
        : 'The host’s system is asked to bring everything that was written to stable storage.',
    recorded: file,
  };
  yield {
    layer: 'hypervisor',
    title: 'The answer.',
    say: 'Status into the last byte of the chain, the chain onto the used ring, and an interrupt made pending in the guest.',
    recorded: [status, answered],
  };
}

/** Cuts the host's events into rounds: from a doorbell to the last access with which the driver asks about its interrupt. */
function roundsOf(events: readonly TraceEvent[], told: readonly string[]): Round[] {
  const starts = events.flatMap((event, index) => (event.kind === 'virtq.notify' ? index : []));
  // The write's part in the file ends where its own tables are written; the flush that the guest asked for is the last.
  const files = [told.slice(0, -1), told.slice(-1)];
  return starts.map((start, number) => {
    const round = events.slice(start, starts[number + 1]);
    const { readable, writable } = first(round, 'virtq.pop').detail;
    const { status, sector, bytes } = first(round, 'block.request').detail;
    const [doorbell = '', ...asked] = accesses(round, VM);
    return {
      chain: `virtq.pop: ${readable} bytes to read, ${writable} to write`,
      doorbell,
      file: files[number] ?? [],
      status: `block.request: sector ${sector}, ${bytes} bytes, status ${status}`,
      answered: `virtq.push, irq.raise: source ${first(round, 'irq.raise').detail.source}`,
      asked,
    };
  });
}
