/** `virtbook hyper`: a VM from libvirt's domain XML, its console in this terminal or on standard input and output. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { backingFileOf, type DiskImage, isDiskError, openImage, probeFormat } from '../disk/index.ts';
import {
  type BootImage,
  firmwareImage,
  guestInitramfs,
  guestKernel,
  Hypervisor,
  type Vm,
  VmError,
} from '../hypervisor/index.ts';
import {
  bootSlots,
  DiskBackend,
  type DiskConfig,
  type DomainConfig,
  formatDomain,
  LibvirtError,
  parseDomain,
} from '../libvirt/index.ts';
import { type BlockBackend, BlockDevice, ElfError, PhysicalMemory, parseElf } from '../machine/index.ts';
import { CommandError } from './commandError.ts';
import { FileStore } from './fileStore.ts';

interface Options {
  readonly maxInstructions: string;
  readonly export?: string;
}

/** As of run-elf: what the guest's end becomes. */
const OUT_OF_INSTRUCTIONS = 124;
const IDLE = 125;
const FAILED = 1;
/** Leaves the console of a terminal: Ctrl-]. */
const LEAVE = 0x1d;
/** Real milliseconds between two looks at the keyboard; as many of the VM's pass. */
const FRAME = 10;
const MILLISECOND = 1_000_000;
/** How long, in the VM's time, before the next line of standard input is typed. */
const ANSWER = 100 * MILLISECOND;

export async function hyperCommand(file: string | undefined, options: Options): Promise<void> {
  if (options.export !== undefined) exportGuest(options.export);
  else if (file === undefined)
    throw new CommandError('Name a file with domain XML, or make one: --export FOLDER.');
  else await run(file, options);
}

/** The book's own guest, and a domain that boots it: something to begin with. */
function exportGuest(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => path.resolve(folder, name);
  writeFileSync(at('kernel.elf'), guestKernel());
  writeFileSync(at('initramfs.cpio'), guestInitramfs());
  const domain: DomainConfig = {
    name: 'guest',
    uuid: null,
    title: null,
    description: null,
    memory: 32 * 1024,
    currentMemory: 32 * 1024,
    balloon: false,
    vcpus: 1,
    shares: null,
    kernel: at('kernel.elf'),
    initrd: at('initramfs.cpio'),
    cmdline: null,
    boot: [],
    onCrash: 'destroy',
    disks: [],
    interfaces: [],
  };
  writeFileSync(at('domain.xml'), formatDomain(domain, null));
  process.stdout.write(`${at('domain.xml')}\n`);
}

async function run(file: string, options: Options): Promise<void> {
  const limit = Number(options.maxInstructions);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new CommandError(`--max-instructions takes a whole number, not ${options.maxInstructions}.`);
  const { hypervisor, vm } = attempt(file, () => start(parseDomain(readFileSync(file, 'utf8'))));
  const reason = process.stdin.isTTY
    ? await atTerminal(hypervisor, vm, limit)
    : await headless(hypervisor, vm, limit);
  const exits = Object.entries(vm.exits).map(([kind, count]) => ` ${kind}:${count}`);
  process.stderr.write(
    `${vm.name}: ${vm.stopped ?? reason} after ${hypervisor.instructions} instructions, ${hypervisor.now} ns; VM exits:${exits.join('')}\n`,
  );
  process.exitCode = exitCode(vm, reason);
}

/** Whatever a domain or its files lack, in one line. */
function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const ours =
      error instanceof LibvirtError ||
      error instanceof VmError ||
      error instanceof ElfError ||
      isDiskError(error) ||
      (error as NodeJS.ErrnoException).code !== undefined;
    if (ours) throw new CommandError(`${file}: ${(error as Error).message}`);
    throw error;
  }
}

function start(config: DomainConfig): { hypervisor: Hypervisor; vm: Vm } {
  if (config.interfaces.length > 0)
    throw new CommandError(`${config.name}: an <interface> needs a host's network, which is not here.`);
  const memory = config.memory * 1024;
  // What the tables need besides the guest's own memory is little; 16 MiB are plenty.
  const hypervisor = new Hypervisor({
    memory: new PhysicalMemory({ size: memory + 16 * 2 ** 20, translatable: true }),
  });
  const vm = hypervisor.createVm({
    name: config.name,
    memory,
    vcpus: config.vcpus,
    balloon: config.balloon,
    slots: config.disks.map(
      (disk) => new BlockDevice(disk.target, backend(disk), disk.serial ?? disk.target),
    ),
    output: (bytes) => process.stdout.write(bytes),
  });
  vm.boot(bootImage(config));
  if (config.currentMemory < config.memory) hypervisor.setMemory(vm, config.currentMemory * 1024);
  return { hypervisor, vm };
}

function bootImage(config: DomainConfig): BootImage {
  if (config.kernel === null) return firmwareImage({ order: bootSlots(config) });
  const { entry, segments } = parseElf(readFileSync(config.kernel));
  return {
    entry,
    segments: segments.map(({ address, data }) => ({ address, bytes: data })),
    bootArguments: config.cmdline ?? '',
    ...(config.initrd !== null && { initialRamDisk: new Uint8Array(readFileSync(config.initrd)) }),
  };
}

function backend(disk: DiskConfig): BlockBackend {
  return new DiskBackend(opened(disk.source, disk.format, !disk.readOnly), disk.readOnly);
}

/** An image with all its backing files, which are opened for reading alone. */
function opened(file: string, format: DiskConfig['format'] | null, writable: boolean): DiskImage {
  const store = new FileStore(file, { readOnly: !writable });
  const kind = format ?? probeFormat(store);
  const named = backingFileOf(store, kind);
  const backing =
    named === null
      ? null
      : opened(
          path.resolve(path.dirname(file), named.file),
          named.format as DiskConfig['format'] | null,
          false,
        );
  return openImage(store, kind, { backing, writable });
}

/** What standard input holds is typed line by line, as by somebody who waits a moment for each answer; then runs until the guest ends. */
async function headless(hypervisor: Hypervisor, vm: Vm, limit: number): Promise<string> {
  const typed: Buffer[] = [];
  for await (const chunk of process.stdin) typed.push(chunk as Buffer);
  for (const line of Buffer.concat(typed)
    .toString('latin1')
    .split(/(?<=\n)/)) {
    hypervisor.run({ until: hypervisor.now + ANSWER, instructions: limit });
    vm.type(Buffer.from(line, 'latin1'));
  }
  return hypervisor.run({ instructions: Math.max(1, limit - hypervisor.instructions) });
}

/** In step with real time, keys to the guest, until it ends or Ctrl-]. */
async function atTerminal(hypervisor: Hypervisor, vm: Vm, limit: number): Promise<string> {
  let left = false;
  process.stderr.write(`${vm.name}: Ctrl-] leaves\n`);
  process.stdin.setRawMode(true);
  process.stdin.on('data', (keys: Buffer) => {
    if (keys.includes(LEAVE)) left = true;
    else vm.type(keys);
  });
  while (!left && vm.stopped === null && hypervisor.instructions < limit) {
    hypervisor.run({ until: hypervisor.now + FRAME * MILLISECOND });
    await new Promise((resolve) => setTimeout(resolve, FRAME));
  }
  process.stdin.setRawMode(false);
  process.stdin.pause();
  return left ? 'left' : 'instructions';
}

function exitCode(vm: Vm, reason: string): number {
  if (vm.stopped === 'shutdown') return 0;
  if (vm.stopped !== null) return FAILED;
  return reason === 'left' ? 0 : reason === 'idle' ? IDLE : OUT_OF_INSTRUCTIONS;
}
