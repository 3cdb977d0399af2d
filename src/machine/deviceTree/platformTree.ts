/** The device tree of the platform: what QEMU's `virt` tells its guests, for the devices that are here. */
import { NANOS_PER_TICK } from '../devices/aclint.ts';
import { FINISHER_PASS, FINISHER_RESET } from '../devices/finisher.ts';
import { UART_CLOCK_HZ } from '../devices/uart.ts';
import {
  CLINT_BASE,
  FINISHER_BASE,
  GPIO_BASE,
  GPIO_SOURCE,
  PLIC_BASE,
  PLIC_SOURCES,
  RAM_BASE,
  UART_BASE,
  UART_SOURCE,
  VIRTIO_BASE,
  VIRTIO_FIRST_SOURCE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
} from '../memoryMap.ts';
import type { DeviceTreeNode, PropertyValue } from './writer.ts';

export interface PlatformTreeOptions {
  readonly harts: number;
  /** Bytes of RAM from {@link RAM_BASE} on. */
  readonly memory: number;
  /** `bootargs` of the chosen node. */
  readonly bootArguments: string;
  /** Where an initial RAM disk has been loaded: first address, and the one after the last. */
  readonly initialRamDisk: { readonly start: number; readonly end: number } | null;
  /** Virtio slots in the order in which firmware is to boot from them; left out, firmware has its own. */
  readonly bootOrder?: readonly number[];
  /** Whether there is a key that asks the system to power off (gpio-keys, on pin 0 of a sifive,gpio0). */
  readonly powerKey?: boolean;
}

/** KEY_POWER of Linux' input events. */
const KEY_POWER = 116;

/** What a hart implements: `riscv,isa`, its letters in canonical order. */
const ISA = 'rv32imach_zicsr_zifencei';

/** Interrupt numbers of a hart's own controller: the bits of mip. */
const SOFTWARE = 3;
const TIMER = 7;
const SUPERVISOR_EXTERNAL = 9;
const MACHINE_EXTERNAL = 11;

/** Handles by which nodes refer to one another. */
const PLIC_HANDLE = 1;
const FINISHER_HANDLE = 2;
const cpuHandle = (hart: number) => 3 + 2 * hart;
const interruptHandle = (hart: number) => 4 + 2 * hart;
const gpioHandle = (harts: number) => cpuHandle(harts);

export function platformTree(options: PlatformTreeOptions): DeviceTreeNode {
  return {
    properties: {
      '#address-cells': 2,
      '#size-cells': 2,
      compatible: 'riscv-virtio',
      model: 'riscv-virtio,virtbook',
    },
    children: {
      chosen: { properties: chosen(options), children: {} },
      [`memory@${RAM_BASE.toString(16)}`]: leaf({
        device_type: 'memory',
        reg: region(RAM_BASE, options.memory),
      }),
      cpus: cpus(options.harts),
      poweroff: syscon('syscon-poweroff', FINISHER_PASS),
      reboot: syscon('syscon-reboot', FINISHER_RESET),
      ...(options.powerKey ? { 'gpio-keys': powerKey(options.harts) } : {}),
      soc: soc(options),
    },
  };
}

function chosen({
  bootArguments,
  initialRamDisk,
  bootOrder,
}: PlatformTreeOptions): Record<string, PropertyValue> {
  return {
    ...(bootOrder ? { 'virtbook,boot-order': bootOrder } : {}),
    'stdout-path': `/soc/serial@${UART_BASE.toString(16)}`,
    ...(bootArguments === '' ? {} : { bootargs: bootArguments }),
    ...(initialRamDisk
      ? { 'linux,initrd-start': [0, initialRamDisk.start], 'linux,initrd-end': [0, initialRamDisk.end] }
      : {}),
  };
}

function cpus(harts: number): DeviceTreeNode {
  const numbers = Array.from({ length: harts }, (_, hart) => hart);
  const cores = numbers.map((hart) => [`core${hart}`, leaf({ cpu: cpuHandle(hart) })] as const);
  return {
    properties: {
      '#address-cells': 1,
      '#size-cells': 0,
      'timebase-frequency': 1e9 / NANOS_PER_TICK,
    },
    children: {
      ...Object.fromEntries(numbers.map((hart) => [`cpu@${hart.toString(16)}`, cpu(hart)])),
      'cpu-map': {
        properties: {},
        children: { cluster0: { properties: {}, children: Object.fromEntries(cores) } },
      },
    },
  };
}

function cpu(hart: number): DeviceTreeNode {
  return {
    properties: {
      device_type: 'cpu',
      reg: hart,
      status: 'okay',
      compatible: 'riscv',
      'riscv,isa': ISA,
      'mmu-type': 'riscv,sv32',
      phandle: cpuHandle(hart),
    },
    children: {
      'interrupt-controller': leaf({
        '#address-cells': 0,
        '#interrupt-cells': 1,
        'interrupt-controller': true,
        compatible: 'riscv,cpu-intc',
        phandle: interruptHandle(hart),
      }),
    },
  };
}

function soc({ harts, powerKey = false }: PlatformTreeOptions): DeviceTreeNode {
  const lines = (...numbers: readonly number[]) =>
    Array.from({ length: harts }, (_, hart) =>
      numbers.flatMap((line) => [interruptHandle(hart), line]),
    ).flat();
  const slots = Array.from({ length: VIRTIO_SLOTS }, (_, slot) => {
    const base = VIRTIO_BASE + slot * VIRTIO_STRIDE;
    const properties = { compatible: 'virtio,mmio', reg: region(base, VIRTIO_STRIDE) };
    return [
      `virtio_mmio@${base.toString(16)}`,
      leaf({ ...properties, ...source(VIRTIO_FIRST_SOURCE + slot) }),
    ];
  });
  return {
    properties: { '#address-cells': 2, '#size-cells': 2, compatible: 'simple-bus', ranges: true },
    children: {
      [`test@${FINISHER_BASE.toString(16)}`]: leaf({
        compatible: ['sifive,test1', 'sifive,test0', 'syscon'],
        reg: region(FINISHER_BASE, 0x1000),
        phandle: FINISHER_HANDLE,
      }),
      [`clint@${CLINT_BASE.toString(16)}`]: leaf({
        compatible: ['sifive,clint0', 'riscv,clint0'],
        reg: region(CLINT_BASE, 0x10000),
        'interrupts-extended': lines(SOFTWARE, TIMER),
      }),
      [`plic@${PLIC_BASE.toString(16)}`]: leaf({
        compatible: ['sifive,plic-1.0.0', 'riscv,plic0'],
        reg: region(PLIC_BASE, 0x600000),
        '#address-cells': 0,
        '#interrupt-cells': 1,
        'interrupt-controller': true,
        'interrupts-extended': lines(MACHINE_EXTERNAL, SUPERVISOR_EXTERNAL),
        'riscv,ndev': PLIC_SOURCES,
        phandle: PLIC_HANDLE,
      }),
      [`serial@${UART_BASE.toString(16)}`]: leaf({
        compatible: 'ns16550a',
        reg: region(UART_BASE, 0x100),
        'clock-frequency': UART_CLOCK_HZ,
        ...source(UART_SOURCE),
      }),
      ...(powerKey ? { [`gpio@${GPIO_BASE.toString(16)}`]: gpio(harts) } : {}),
      ...Object.fromEntries(slots),
    },
  };
}

/** Devicetree bindings gpio/sifive,gpio.yaml: an interrupt for each of its pins. */
function gpio(harts: number): DeviceTreeNode {
  return leaf({
    compatible: 'sifive,gpio0',
    reg: region(GPIO_BASE, 0x1000),
    ...source(GPIO_SOURCE),
    'gpio-controller': true,
    '#gpio-cells': 2,
    'interrupt-controller': true,
    '#interrupt-cells': 2,
    ngpios: 1,
    phandle: gpioHandle(harts),
  });
}

/** Devicetree bindings input/gpio-keys.yaml; pin 0, active high. */
function powerKey(harts: number): DeviceTreeNode {
  const key = leaf({ label: 'GPIO Key Poweroff', 'linux,code': KEY_POWER, gpios: [gpioHandle(harts), 0, 0] });
  return { properties: { compatible: 'gpio-keys' }, children: { poweroff: key } };
}

function leaf(properties: Record<string, PropertyValue>): DeviceTreeNode {
  return { properties, children: {} };
}

function syscon(compatible: string, value: number): DeviceTreeNode {
  return leaf({ compatible, regmap: FINISHER_HANDLE, offset: 0, value });
}

/** Two cells of address, two of size; the platform lies below 2^32. */
function region(base: number, size: number): number[] {
  return [0, base, 0, size];
}

function source(number: number): Record<string, PropertyValue> {
  return { interrupts: number, 'interrupt-parent': PLIC_HANDLE };
}
