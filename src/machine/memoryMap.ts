/** Where things are in the physical address space, and on which interrupt line: as QEMU's `virt` machine has them. */
export const FINISHER_BASE = 0x100000;
export const CLINT_BASE = 0x2000000;
export const PLIC_BASE = 0xc000000;
/** Sources of the PLIC: 1 … this. */
export const PLIC_SOURCES = 96;
export const UART_BASE = 0x10000000;
export const UART_SOURCE = 10;
/** What QEMU's `virt` has not, and ARM's does: a power key, on a general-purpose input. */
export const GPIO_BASE = 0x10060000;
export const GPIO_SOURCE = 12;
export const VIRTIO_BASE = 0x10001000;
/** Slot i's registers are at {@link VIRTIO_BASE} + i × this, its source is {@link VIRTIO_FIRST_SOURCE} + i. */
export const VIRTIO_STRIDE = 0x1000;
export const VIRTIO_FIRST_SOURCE = 1;
export const VIRTIO_SLOTS = 8;
export const RAM_BASE = 0x80000000;
