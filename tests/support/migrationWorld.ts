/** Two hosts with VMs on one cable, a shell on each, and what a migration between them is looked at by. */
import { SECOND } from '../../src/base/index.ts';
import type { FileTree, ProgramTable } from '../../src/linux/index.ts';
import type { HostSpec, World } from '../../src/world/index.ts';
import '../../src/world/virtualization.ts';
import { networkWorld } from './networkWorld.ts';
import { GUESTS, guestElf } from './vmHost.ts';

const MIB = 2 ** 20;

/** Pages that the writer has. */
const PAGES = 64;

/**
 * Counts in 64 pages of 4 KiB, without end, with a `pause` of 1, 2, 4 or 8 milliseconds after each turn. A page that does not hold what it is to
 * hold gets a `!` on the console, and about each 16 milliseconds there is a dot.
 */
const writer = (pause: number) =>
  guestElf(`
  li s1, 0
  li t0, 0x20
  csrw sie, t0
1:la t0, page
  li t1, ${PAGES}
2:lw t2, 0(t0)
  beq t2, s1, 3f
  putc '!'
3:addi t2, s1, 1
  sw t2, 0(t0)
  li t3, 4096
  add t0, t0, t3
  addi t1, t1, -1
  bnez t1, 2b
  addi s1, s1, 1
  andi t2, s1, ${16 / pause - 1}
  bnez t2, 4f
  putc '.'
4:csrr a0, time
  li t0, ${pause * 10_000}
  add a0, a0, t0
  li a1, 0
  li a6, 0
  li a7, 0x54494d45
  ecall
  wfi
  j 1b
.align 12
page:
  .zero 4`);

export interface MigrationWorld {
  readonly world: World;
  /** Runs a script as root; both outputs together, and `[status]` when that is not 0. */
  sh(host: 'one' | 'two', script: string): string;
  advance(seconds: number): void;
  /** Has a script run in the background. */
  begin(host: 'one' | 'two', script: string): void;
  /** What domains' consoles printed since the last look. */
  printed(host: 'one' | 'two'): string;
  /** Names of domains, of processes of emulators and of taps: what a migration may leave behind. */
  left(host: 'one' | 'two'): string;
}

export interface MigrationWorldOptions {
  /** Bits a second between the hosts. */
  readonly rate?: number;
  /** Bytes that each host has for guests. */
  readonly memory?: readonly [number, number];
  readonly files?: FileTree;
  /** On the first one. */
  readonly programs?: ProgramTable;
  /** Of the second one alone. */
  readonly others?: FileTree;
  /** Milliseconds between the turns of the guest that writes: how much of its memory it changes while it is moved, and how long that takes here. */
  readonly pause?: 1 | 2 | 4 | 8;
}

export function migrationWorld(options: MigrationWorldOptions = {}): MigrationWorld {
  const { rate = 1e9, memory = [32 * MIB, 32 * MIB], files = {}, others = {}, programs, pause = 1 } = options;
  const hosts = '10.0.0.1 one\n10.0.0.2 two\n';
  const host = (name: string, number: number, more: FileTree): HostSpec => ({
    name,
    hypervisor: { memory: memory[number - 1]!, traceConsole: true },
    network: {
      devices: [
        { name: 'eth0', mac: `02:00:00:00:00:0${number}`, master: 'br0' },
        { name: 'br0', kind: 'bridge', addresses: [`10.0.0.${number}/24`] },
      ],
    },
    ...(programs !== undefined && { programs }),
    files: {
      ...GUESTS,
      '/boot/writer': { content: writer(pause) },
      '/etc/hosts': { content: hosts },
      ...files,
      ...more,
    },
  });
  const made = networkWorld(
    {
      hosts: [host('one', 1, {}), host('two', 2, others)],
      cables: [{ between: ['one/eth0', 'two/eth0'], rate }],
    },
    'migration',
  );
  const { world, sh } = made;
  const looked = new Map<string, number>();
  return {
    world,
    sh,
    advance: (seconds) => world.run(world.now + seconds * SECOND),
    begin: (name, script) => sh(name, `(${script}) >/tmp/begun 2>&1 &`),
    printed(name) {
      const events = world.trace.since(looked.get(name) ?? 0, 'console.output');
      looked.set(name, world.trace.length);
      return events.map(({ subject, detail }) => (subject === name ? detail.text : '')).join('');
    },
    left: (name) =>
      sh(name, 'virsh list --all --name; ps -eo comm= | grep qemu; ip -br link | grep -o "^vnet[0-9]*"; true')
        .split(/\s+/)
        .filter((word) => word !== '')
        .join(' '),
  };
}
