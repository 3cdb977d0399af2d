/** The ways of a disk write, of a frame, and of a boot, recorded from guests of the book under its hypervisor. */
export { recordBoot, recordFailures } from './boot.ts';
export { recordDisk } from './disk.ts';
export { recordFrame } from './frame.ts';
export { Guest } from './guest.ts';
export { renderLayers, renderStations } from './render.ts';
export type { Path, Station } from './types.ts';
