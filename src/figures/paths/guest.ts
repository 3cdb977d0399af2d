/** A VM with the book's guest system in it, and somebody at its console. */
import { assert, decodeUtf8 } from '../../base/index.ts';
import { guestInitramfs, guestKernel, type Hypervisor, type Vm } from '../../hypervisor/index.ts';
import { parseElf, type VirtioDevice } from '../../machine/index.ts';

const MIB = 2 ** 20;
/** Far more than any command of the figures needs. */
const MOST_INSTRUCTIONS = 20_000_000;
const SLICE = 2_000;

export class Guest {
  readonly vm: Vm;
  readonly #hypervisor: Hypervisor;
  readonly #name: string;
  #output = '';
  #seen = 0;

  /** Defines the VM, boots it and logs in; `reserve` gives it all its RAM at once, in one run of the host's frames. */
  constructor(
    hypervisor: Hypervisor,
    name: string,
    slots: readonly VirtioDevice[],
    options = '',
    reserve = false,
  ) {
    this.#hypervisor = hypervisor;
    this.#name = name;
    this.vm = hypervisor.createVm({
      name,
      memory: 8 * MIB,
      vcpus: 1,
      reserve,
      slots,
      output: (bytes) => {
        this.#output += decodeUtf8(bytes);
      },
    });
    const { entry, segments } = parseElf(guestKernel());
    this.vm.boot({
      segments: segments.map(({ address, data }) => ({ address, bytes: data })),
      entry,
      bootArguments: `hostname=${name} ${options}`,
      initialRamDisk: guestInitramfs(),
    });
    this.waitFor('login: ');
    this.command('root');
  }

  /** Types a line and waits for the next prompt; what was printed in between. */
  command(line: string): string {
    this.type(line);
    return this.#untilPrompt().split('\r\n').slice(1, -1).join('\n');
  }

  /** Types a line; what it starts goes on. */
  type(line: string): void {
    this.#keys(`${line}\n`);
  }

  /** Ctrl-C: ends what runs, and waits for the prompt. */
  interrupt(): void {
    this.#keys('\x03');
    this.#untilPrompt();
  }

  #keys(keys: string): void {
    this.vm.type(Uint8Array.from(keys, (letter) => letter.charCodeAt(0)));
  }

  #untilPrompt(): string {
    return this.waitFor(`@${this.#name}:~# `);
  }

  /** Runs until the guest has printed `text`; what it printed since the last time. */
  waitFor(text: string): string {
    const end = this.#hypervisor.instructions + MOST_INSTRUCTIONS;
    let at = this.#output.indexOf(text, this.#seen);
    while (at < 0) {
      const reason = this.#hypervisor.run({ instructions: SLICE });
      at = this.#output.indexOf(text, this.#seen);
      assert(
        at >= 0 || (reason === 'instructions' && this.#hypervisor.instructions < end),
        `${this.#name} did not say "${text}" (${reason}): ${this.#output.slice(this.#seen)}`,
      );
    }
    const said = this.#output.slice(this.#seen, at + text.length);
    this.#seen = at + text.length;
    return said;
  }
}
