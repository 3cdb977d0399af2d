/** The two-stage address walk: a view on page tables of a guest and its hypervisor in one simulated memory. */
import { type RenderedWalk, renderWalk } from './render.ts';
import { walk } from './walk.ts';
import { type Request, WalkWorld } from './world.ts';

export { PRESETS } from './presets.ts';

/** The walk of a request in a world as it was at the start. */
export function rendered(request: Request): RenderedWalk {
  const world = new WalkWorld();
  return renderWalk(world, walk(world, request));
}
