/** A VM that finds its own way from reset, and what it prints. */
import { assert, decodeUtf8, EventQueue, Trace } from '../../base/index.ts';
import { type MemoryStore, RawImage } from '../../disk/index.ts';
import { firmwareImage, Hypervisor } from '../../hypervisor/index.ts';
import { DiskBackend } from '../../libvirt/index.ts';
import { BlockDevice, PhysicalMemory } from '../../machine/index.ts';

const MIB = 2 ** 20;
const SLICE = 2_000;
/** How a line ends on which something is to be typed. */
const PROMPT = ': ';
/** Far more than a boot needs. */
const MOST_INSTRUCTIONS = 20_000_000;

export class BootConsole {
  readonly #hypervisor: Hypervisor;
  readonly #trace: Trace;
  #output = '';
  #seen = 0;

  /** Disks in their slots, to be tried in this order of slots. */
  constructor(disks: readonly MemoryStore[], order: readonly number[]) {
    const queue = new EventQueue();
    this.#trace = new Trace(queue);
    this.#hypervisor = new Hypervisor({
      memory: new PhysicalMemory({ size: 24 * MIB }),
      queue,
      trace: this.#trace,
    });
    const vm = this.#hypervisor.createVm({
      name: 'web1',
      memory: 16 * MIB,
      vcpus: 1,
      slots: disks.map(
        (disk, slot) =>
          new BlockDevice(
            `disk${slot}`,
            new DiskBackend(new RawImage(disk), false),
            `disk${slot}`,
            this.#trace,
          ),
      ),
      output: (bytes) => {
        this.#output += decodeUtf8(bytes);
      },
    });
    vm.boot(firmwareImage({ order }));
  }

  /** Instructions so far, those of the hypervisor included. */
  get instructions(): number {
    return this.#hypervisor.instructions;
  }

  /** Bytes read from the disks so far. */
  get bytesRead(): number {
    const reads = this.#trace.since(0, 'block.request').filter(({ detail }) => detail.type === 0);
    return reads.reduce((sum, { detail }) => sum + detail.bytes, 0);
  }

  /** Runs until a line with `text` in it is complete, or a prompt that ends with it; the lines since the last call. */
  linesUntil(text: string): string[] {
    const end = this.instructions + MOST_INSTRUCTIONS;
    let at = this.#endOf(text);
    while (at < 0) {
      this.#hypervisor.run({ instructions: SLICE });
      assert(this.instructions < end, `"${text}" did not come: ${this.#output.slice(this.#seen)}`);
      at = this.#endOf(text);
    }
    const said = this.#output.slice(this.#seen, at);
    this.#seen = at;
    return said.split(/\r?\n/).filter((line) => line !== '');
  }

  /** Where the line with `text` ends; -1 when it has not come, or is not complete. */
  #endOf(text: string): number {
    const at = this.#output.indexOf(text, this.#seen);
    if (at < 0 || text.endsWith(PROMPT)) return at < 0 ? -1 : at + text.length;
    const newline = this.#output.indexOf('\n', at);
    return newline < 0 ? -1 : newline + 1;
  }
}
