/** Type 1 and type 2: a disk write followed through the layers of both. */
export { type Hop, hops, STACKS } from './hops.ts';
export { renderHops, renderStacks } from './render.ts';
