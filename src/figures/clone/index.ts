/** Image → machines: qcow2 overlays over one base, copy-on-write cluster by cluster. */
export { renderHistory } from './render.ts';
export { CLUSTERS, DISKS, type Disk, OWN_TEXT, type Step, walkThrough } from './scenario.ts';
export { CloneWorld } from './world.ts';
