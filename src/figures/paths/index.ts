/** The ways of a disk write and of a frame, recorded from guests of the book under its hypervisor. */
export { recordDisk } from './disk.ts';
export { recordFrame } from './frame.ts';
export { renderLayers, renderStations } from './render.ts';
export type { Path, Station } from './types.ts';
