/** What other rooms and tests use of the machine: a RISC-V computer. */
export type { BusDevice, Core, InterruptBit, InterruptLines, Width } from './bus.ts';
export { MEIP, MSIP, MTIP, SEIP } from './bus.ts';
export { Aclint } from './devices/aclint.ts';
export { Plic } from './devices/plic.ts';
export { Uart } from './devices/uart.ts';

import './events.ts';
