/** The timeline of privilege and VM exits: a recorded run of a guest under the book's hypervisor. */
export { SOURCE } from './guest.ts';
export { record } from './record.ts';
export { renderLanes, renderStretches, summary } from './render.ts';
