/** A world with one host that runs VMs, a shell on it, and small guests for them. */
import { decodeUtf8, encodeUtf8, SECOND } from '../../src/base/index.ts';
import type { FileTree, LinuxHost, ProgramTable, WaitStatus } from '../../src/linux/index.ts';
import { assemble, writeElf } from '../../src/machine/index.ts';
import { createWorld, type HypervisorSpec, type World } from '../../src/world/index.ts';
import '../../src/world/virtualization.ts';

const MIB = 2 ** 20;

/** An executable of an assembled guest; `main` runs with SBI underneath. */
export function guestElf(main: string): Uint8Array {
  const assembly = assemble(`
.macro putc char
  li a7, 1
  li a0, \\char
  ecall
.endm
.macro off reason=0
  li a7, 0x53525354
  li a6, 0
  li a0, 0
  li a1, \\reason
  ecall
.endm
_start:
${main}`);
  if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
  return writeElf(assembly.program);
}

/** Says hello, then echoes each key between angle brackets, looking for it each 10 ms; `q` powers it off, `c` crashes it. */
const ECHO = `
  putc 'h'
  putc 'i'
  la t0, handler
  csrw stvec, t0
  li t0, 0x20
  csrw sie, t0
1:call arm
  csrsi sstatus, 2
  wfi
  j 1b
arm:
  csrr a0, time
  li t0, 100000
  add a0, a0, t0
  li a1, 0
  li a6, 0
  li a7, 0x54494d45
  ecall
  ret
.align 2
handler:
  li a7, 2
  ecall
  bltz a0, 1f
  mv s0, a0
  putc '<'
  mv a0, s0
  li a7, 1
  ecall
  putc '>'
  li t0, 'q'
  beq s0, t0, 2f
  li t0, 'c'
  beq s0, t0, 3f
  j handler
1:call arm
  sret
2:off 0
3:off 1`;

export const GUESTS: FileTree = {
  '/boot/echo': { content: guestElf(ECHO) },
  '/boot/busy': { content: guestElf('1: j 1b') },
};

export interface DomainSpec {
  readonly kernel?: string;
  readonly memory?: number;
  readonly extra?: string;
  readonly devices?: string;
  readonly uuid?: string;
}

export function domainXml(name: string, spec: DomainSpec = {}): string {
  const { kernel = '/boot/echo', memory = 2048, extra = '', devices = '', uuid } = spec;
  return `<domain type='kvm'>
  <name>${name}</name>${uuid === undefined ? '' : `\n  <uuid>${uuid}</uuid>`}
  <memory unit='KiB'>${memory}</memory>
  <os><type>hvm</type><kernel>${kernel}</kernel></os>
  ${extra}<devices>${devices}<console type='pty'/></devices>
</domain>
`;
}

export const diskXml = (source: string, target: string, format = 'qcow2', extra = '') =>
  `<disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${source}'/><target dev='${target}' bus='virtio'/>${extra}</disk>`;

export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

export interface VmTerminal {
  /** Types, and lets some virtual time pass: a second if nothing else is said. */
  type(text: string, seconds?: number): void;
  /** What was shown since the last look. */
  take(): string;
}

export interface VmHost {
  readonly world: World;
  readonly host: LinuxHost;
  /** Runs a shell script to its end, as root if nothing else is said; standard error apart. */
  sh(script: string, user?: string): Ended;
  /** Standard output of a script that ends well and says nothing on standard error. */
  out(script: string): string;
  advance(seconds: number): void;
  terminal(): VmTerminal;
}

export function vmHost(
  files: FileTree = {},
  options: {
    seed?: string;
    memory?: number;
    traceExits?: boolean;
    programs?: ProgramTable;
    hypervisor?: Partial<HypervisorSpec>;
  } = {},
): VmHost {
  const { seed = 'vms', memory = 16 * MIB, traceExits = false, programs, hypervisor } = options;
  const world = createWorld(
    {
      hosts: [
        {
          name: 'bluebox',
          hypervisor: { memory, traceExits, ...hypervisor },
          files: { ...GUESTS, ...files },
          ...(programs !== undefined && { programs }),
        },
      ],
    },
    seed,
  );
  const host = world.host('bluebox');
  const sh = (script: string, user = 'root'): Ended => {
    const errors = `/tmp/stderr.${user}`;
    let out = '';
    let ended: WaitStatus['state'] | null = null;
    host.spawn({
      argv: ['/bin/bash', '-c', `exec 2>${errors}\n${script}`],
      user,
      cwd: '/tmp',
      onOutput: (bytes) => {
        out += decodeUtf8(bytes);
      },
      onExit: ({ state }) => {
        ended = state;
      },
    });
    if (!world.runUntil(() => ended !== null, world.now + 20 * SECOND))
      throw new Error(`the script did not end:\n${script}\n${out}`);
    const state = ended as WaitStatus['state'] | null;
    const err = decodeUtf8(host.view.readFile(errors) ?? new Uint8Array());
    return { out, err, status: state?.kind === 'exited' ? state.code : -1 };
  };
  return {
    world,
    host,
    sh,
    out(script) {
      const { out, err, status } = sh(script);
      if (status !== 0 || err !== '') throw new Error(`${script}\nended with ${status}: ${err}\n${out}`);
      return out;
    },
    advance: (seconds) => world.run(world.now + seconds * SECOND),
    terminal() {
      let shown = '';
      const terminal = host.openTerminal({
        user: 'student',
        size: { rows: 24, cols: 80 },
        onOutput: (bytes) => {
          shown += decodeUtf8(bytes);
        },
      });
      world.run(world.now + SECOND);
      return {
        type(text, seconds = 1) {
          terminal.input(encodeUtf8(text));
          world.run(world.now + seconds * SECOND);
        },
        take() {
          const taken = shown;
          shown = '';
          return taken;
        },
      };
    },
  };
}
