/** Images on their way: push and pull of a layer that does not compress, over a simulated gigabit link. */
import { registryWorld } from '../support/registryWorld.ts';

type Row = readonly [what: string, measured: string, aim: string];

const MEGABYTES = 100;

/** Bytes that do not compress, the same each time. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0, state = 12_345; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

export function imageRows(): Row[] {
  const images = [{ reference: 'big:1', layers: [{ '/noise': { content: noise(MEGABYTES * 1e6) } }] }];
  const { sh, world } = registryWorld({ images });
  sh('one', 'docker tag big:1 reg:5000/big:1');
  const rows = [
    ['one', 'push'],
    ['two', 'pull'],
  ].map(([host, command]): Row => {
    const virtual = world.now;
    const before = performance.now();
    sh(host!, `docker ${command} -q reg:5000/big:1`);
    const seconds = (performance.now() - before) / 1000;
    return [
      `image: ${command} of ${MEGABYTES} MB`,
      `${seconds.toFixed(1)} s for ${((world.now - virtual) / 1e9).toFixed(2)} virtual`,
      '',
    ];
  });
  return rows;
}
