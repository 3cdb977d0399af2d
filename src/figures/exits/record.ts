/**
 * Records a run of the guest under the book's hypervisor: instruction by instruction, who executes. What leaves the guest is told by the
 * events `vm.exit` of the trace, what happens within it by the vCPU's mode.
 */
import { assert, EventQueue, Trace } from '../../base/index.ts';
import { EXIT_INSTRUCTIONS, Hypervisor, type Vm } from '../../hypervisor/index.ts';
import { assemble, PhysicalMemory, type Program } from '../../machine/index.ts';
import { SOURCE } from './guest.ts';

const MIB = 2 ** 20;
/** No run of this guest needs more. */
const MOST_INSTRUCTIONS = 1000;
/** Virtual time of an instruction, ns: the hypervisor's default. */
const NANOS = 10;

type VcpuState = Vm['vcpus'][number]['state'];

/** Who executes: a program in user mode, the guest's kernel in supervisor mode, or the hypervisor outside of the guest. */
export type Lane = 'program' | 'kernel' | 'hypervisor';

/** Why the hart came to whoever executes now. */
export type Arrival =
  | { readonly kind: 'start' }
  /** VM entry, back to where the guest was. */
  | { readonly kind: 'entry' }
  | { readonly kind: 'sret' }
  /** A trap of the guest's own, with its scause. */
  | { readonly kind: 'trap'; readonly cause: number }
  /** A VM exit: what the hypervisor found and did, in the trace's words. */
  | { readonly kind: 'exit'; readonly exit: string; readonly detail: string };

/** A stretch during which the same code's instructions were executed. */
export interface Segment {
  readonly lane: Lane;
  readonly arrival: Arrival;
  /** Executed in it. */
  readonly instructions: number;
  /** Virtual time in ns, from the start of the run. */
  readonly start: number;
  readonly end: number;
  /** Lines of the guest's source that were executed, from 1. */
  readonly lines: readonly number[];
}

export interface Recording {
  readonly segments: readonly Segment[];
  /** What came out of the guest's serial port. */
  readonly output: string;
  /** VM exits by kind, as the hypervisor counted them. */
  readonly exits: Readonly<Record<string, number>>;
}

type Draft = { -readonly [Key in keyof Segment]: Segment[Key] } & { lines: number[] };

/** Runs the guest to its end. */
export function record(): Recording {
  const assembly = assemble(SOURCE);
  assert(assembly.ok, 'the guest of the figure does not assemble');
  const { program } = assembly;
  const queue = new EventQueue();
  const trace = new Trace(queue);
  const memory = new PhysicalMemory({ size: 8 * MIB });
  const hypervisor = new Hypervisor({ memory, queue, trace, traceExits: true });
  let output = '';
  const vm = hypervisor.createVm({
    name: 'guest',
    memory: 4 * MIB,
    vcpus: 1,
    output: (bytes) => {
      output += String.fromCharCode(...bytes);
    },
  });
  vm.boot({ segments: [program.image], entry: program.entry });
  const recorder = new Recorder(hypervisor, vm, program, trace);
  for (let steps = 0; vm.stopped === null; steps++) {
    assert(steps < MOST_INSTRUCTIONS, 'the guest does not end');
    recorder.step();
  }
  return { segments: recorder.segments, output, exits: vm.exits };
}

class Recorder {
  readonly segments: Draft[] = [];
  readonly #hypervisor: Hypervisor;
  readonly #vm: Vm;
  readonly #program: Program;
  readonly #trace: Trace;

  constructor(hypervisor: Hypervisor, vm: Vm, program: Program, trace: Trace) {
    this.#hypervisor = hypervisor;
    this.#vm = vm;
    this.#program = program;
    this.#trace = trace;
    this.#begin('hypervisor', { kind: 'start' });
  }

  /** One instruction of the guest, with what its hypervisor does before and after. */
  step(): void {
    const vcpu = this.#vm.vcpus[0]!;
    const events = this.#trace.length;
    const executed = this.#hypervisor.instructions;
    const before = vcpu.state;
    const { now: start } = this.#hypervisor;
    this.#hypervisor.run({ instructions: 1 });
    const [exit] = this.#trace.since(events, 'vm.exit');
    const handling = exit === undefined ? 0 : EXIT_INSTRUCTIONS;
    // Choosing the vCPU and loading its registers, after a start or a wait.
    const switching = this.#hypervisor.instructions - executed - 1 - handling;
    this.#add(switching, start + switching * NANOS);
    this.#guestInstruction(before, start + (switching + 1) * NANOS);
    if (exit !== undefined) {
      this.#begin('hypervisor', { kind: 'exit', exit: exit.detail.exit, detail: exit.detail.detail });
      // A guest that waits leaves the processor idle until something happens.
      this.#add(handling, this.#hypervisor.now);
      return;
    }
    const { vscause: cause } = vcpu.state.csrs;
    if (cause !== before.csrs.vscause) this.#begin('kernel', { kind: 'trap', cause });
    else if (vcpu.state.privilege < before.privilege) this.#begin('program', { kind: 'sret' });
  }

  #guestInstruction({ pc, privilege }: VcpuState, ended: number): void {
    if (this.#last.lane === 'hypervisor')
      this.#begin(privilege === 0 ? 'program' : 'kernel', { kind: 'entry' });
    this.#add(1, ended);
    const line = this.#program.lines.find(
      (entry) => entry.address <= pc && pc < entry.address + entry.length,
    );
    if (line !== undefined && this.#last.lines.at(-1) !== line.line) this.#last.lines.push(line.line);
  }

  get #last(): Draft {
    return this.segments.at(-1)!;
  }

  #begin(lane: Lane, arrival: Arrival): void {
    const start = this.segments.at(-1)?.end ?? 0;
    this.segments.push({ lane, arrival, instructions: 0, start, end: start, lines: [] });
  }

  #add(instructions: number, end: number): void {
    this.#last.instructions += instructions;
    this.#last.end = end;
  }
}
