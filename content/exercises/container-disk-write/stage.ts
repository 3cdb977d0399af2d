/** Layers in the making: entries are put where a situation needs them, and the directories on the way with them. */
import type { Random } from '../../../src/exercise/index.ts';
import type { Entry } from './api.d.ts';
import { dir, file, whiteout } from './cases.ts';
import { childOf, parentOf } from './layers.ts';

/** Names in a directory. */
export const NAMES = ['a', 'b', 'c'];
const MODES = [0o644, 0o600, 0o755];

export class Stage {
  readonly random: Random;
  /** The upper one first. */
  readonly layers: Map<string, Entry>[];

  /** An upper layer and two or three lower ones. */
  constructor(random: Random) {
    this.random = random;
    this.layers = Array.from({ length: random.between(3, 4) }, () => new Map());
  }

  /** One of the lower layers. */
  get below(): number {
    return this.random.between(1, this.layers.length - 1);
  }

  /** Two lower layers, the one nearer to the top first. */
  get twoBelow(): [number, number] {
    const low = this.random.between(2, this.layers.length - 1);
    return [this.random.between(1, low - 1), low];
  }

  file(index: number, path: string): void {
    this.#put(index, path, file(`${path} of layer ${index}\n`, this.random.pick(MODES)));
  }

  dir(index: number, path: string, opaque = false): void {
    this.#put(index, path, dir(opaque, this.random.pick([0o755, 0o700])));
  }

  remove(index: number, path: string): void {
    this.#put(index, path, whiteout);
  }

  /** A directory with one to three names in it, of which one may be a directory too. Returns the paths of what is in it. */
  fullDir(index: number, path: string, opaque = false): string[] {
    this.dir(index, path, opaque);
    const paths = this.random.shuffled(NAMES).slice(0, this.random.between(1, NAMES.length));
    return paths.map((name, i) => {
      const inside = childOf(path, name);
      if (i > 0 && this.random.chance(1, 3)) this.file(index, childOf(inside, this.random.pick(NAMES)));
      else this.file(index, inside);
      return inside;
    });
  }

  #put(index: number, path: string, entry: Entry): void {
    const layer = this.layers[index]!;
    const parent = parentOf(path);
    if (parent !== '/' && layer.get(parent)?.kind !== 'dir') this.#put(index, parent, dir());
    if (entry.kind !== 'dir')
      for (const other of [...layer.keys()]) if (other.startsWith(`${path}/`)) layer.delete(other);
    layer.set(path, entry);
  }
}
