/** Cases drawn by chance: layers as they come about, each a few changes to what the ones below show, and calls where something was changed. */
import type { Random } from '../../../src/exercise/index.ts';
import type { Entry } from './api.d.ts';
import { type Case, dir, file, whiteout } from './cases.ts';
import { childOf, MemoryLayer, parentOf } from './layers.ts';
import { type Call, type CallName, type View, viewOf } from './reference.ts';
import { NAMES } from './stage.ts';

type Layer = Map<string, Entry>;

/** Slashes of the deepest path. */
const DEPTH = 3;

const depthOf = (path: string) => (path === '/' ? 0 : path.split('/').length - 1);

class Layers {
  readonly #random: Random;
  /** The upper one first. */
  readonly layers: Layer[] = [];
  #somewhere: readonly string[] | null = null;
  #known: View | null = null;
  /** What is seen of all but the uppermost. */
  #below: View = new Map();

  constructor(random: Random) {
    this.#random = random;
    // The lowest layer is a system to begin with.
    this.layers.unshift(new Map());
    for (let files = random.between(4, 7); files > 0; files--) this.#add(this.#view, 'the lowest');
    for (let count = random.between(1, 3); count > 0; count--) {
      this.#below = this.#view;
      this.layers.unshift(new Map());
      for (let changes = random.between(1, 3); changes > 0; changes--) this.#change(`layer ${count}`);
    }
  }

  /** What is seen of the layers so far. */
  get #view(): View {
    this.#known ??= viewOf([new MemoryLayer(this.layers[0]!)], this.#below);
    return this.#known;
  }

  /** One change in the uppermost layer so far: something new, another version, a removal, or a directory that hides what is below. */
  #change(tag: string): void {
    const random = this.#random;
    const view = this.#view;
    const seen = [...view.keys()].filter((path) => path !== '/');
    const roll = random.below(seen.length === 0 ? 2 : 10);
    if (roll < 2) this.#add(view, tag);
    else {
      const dirs = seen.filter((path) => view.get(path)!.kind === 'dir');
      const path = random.pick(dirs.length > 0 && random.chance(1, 2) ? dirs : seen);
      const version = file(`${path} of ${tag}\n`, random.pick([0o644, 0o600, 0o755]));
      if (roll < 6) this.#put(path, whiteout);
      else if (roll < 8 || view.get(path)!.kind === 'file') this.#put(path, version);
      else this.#put(path, dir(random.chance(1, 2)));
    }
  }

  #add(view: View, tag: string): void {
    const dirs = [...view].filter(([path, { kind }]) => kind === 'dir' && depthOf(path) < DEPTH);
    const path = childOf(this.#random.pick(dirs)[0], this.#random.pick(NAMES));
    const kind = view.get(path)?.kind;
    // A directory over a directory changes nothing, and a file over it is another change.
    if (kind === 'dir') return;
    const asDir = kind === undefined && depthOf(path) < DEPTH && this.#random.chance(2, 3);
    this.#put(path, asDir ? dir() : file(`${path} of ${tag}\n`));
    if (!asDir) return;
    for (const name of NAMES)
      if (this.#random.chance(1, 2)) this.#put(childOf(path, name), file(`in ${path} of ${tag}\n`));
  }

  /** Puts `entry` into the uppermost layer, with the directories on the way. */
  #put(path: string, entry: Entry): void {
    const layer = this.layers[0]!;
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) {
      // What the layer has there hides the way to it.
      if ((layer.get(at)?.kind ?? 'dir') !== 'dir') return;
    }
    const missing: string[] = [];
    for (let at = parentOf(path); at !== '/' && !layer.has(at); at = parentOf(at)) missing.push(at);
    for (const at of missing.reverse()) layer.set(at, dir());
    if (entry.kind !== 'dir')
      for (const other of [...layer.keys()]) if (other.startsWith(`${path}/`)) layer.delete(other);
    layer.set(path, entry);
    this.#known = null;
  }

  /** A path for a call of `name`: mostly where that has something to get wrong, else where some layer says something, else any. */
  path(name: CallName): string {
    const random = this.#random;
    const roll = random.below(8);
    this.#somewhere ??= this.#paths(() => true);
    const pool = roll < 5 ? this.#interesting(name) : roll < 7 ? this.#somewhere : [];
    if (pool.length > 0) return random.pick(pool);
    let path = '';
    for (let depth = random.between(1, DEPTH); depth > 0; depth--) path += `/${random.pick(NAMES)}`;
    return path;
  }

  #interesting(name: CallName): readonly string[] {
    if (name === 'mkdir') return this.#paths(({ kind }, index) => kind === 'whiteout' && index === 0);
    const seen = [...this.#view].filter(([, { kind }]) => name !== 'readdir' || kind === 'dir');
    return seen.map(([path]) => path).filter((path) => path !== '/');
  }

  /** Where layers have an entry of some kind. */
  #paths(wanted: (entry: Entry, index: number) => boolean): string[] {
    return this.layers.flatMap((layer, index) =>
      [...layer].filter(([, entry]) => wanted(entry, index)).map(([path]) => path),
    );
  }

  /** Two paths that a file can be moved between: into itself, or over a directory above itself, is no matter of layers. */
  twoPaths(): { path: string; to: string } {
    for (;;) {
      const path = this.path('rename');
      const to = this.path('rename');
      if (!to.startsWith(`${path}/`) && !path.startsWith(`${to}/`)) return { path, to };
    }
  }
}

/** Three to five calls, each of one of `names`, on one to three lower layers and an upper one. */
export function randomCase(random: Random, names: readonly CallName[]): Case {
  const drawn = new Layers(random);
  const calls = Array.from({ length: random.between(3, 5) }, (): Call => {
    const name = random.pick(names);
    return name === 'rename' ? { name, ...drawn.twoPaths() } : { name, path: drawn.path(name) };
  });
  return { layers: drawn.layers.map((layer) => [...layer]), calls };
}
