/** The overlay explorer: a figure of how a container's file system is put together (chapter 2, "How a container writes to a disk"). */
export { Player } from './player.ts';
export { renderAccount, renderTable, summary } from './render.ts';
export { accountRoom, tableRoom } from './room.ts';
export { layerNames, paths, walkThrough } from './scenario.ts';
export type { Cell, Operation } from './types.ts';
