/** Carrying out a plan: stage after stage, each step from the cache or for real, layer upon layer. */
import { MILLISECOND } from '../../base/index.ts';
import { type Path, type Sys, sys } from '../../linux/index.ts';
import { chainIds, digestOf, type ImageConfig } from '../../oci/index.ts';
import { type BuiltLayer, layersOf } from '../buildCache.ts';
import type { Engine } from '../engine.ts';
import { removeTree, statOrNull, timestamp } from '../files.ts';
import type { Exchange } from '../http.ts';
import type { Container } from '../model.ts';
import { type CopySource, contentDigest, copyInto, makeOwnedDirs, sourcesOf } from './copy.ts';
import { ownerIn, resolveIn } from './paths.ts';
import type {
  CopyStep,
  Draft,
  FromStep,
  MkdirStep,
  Plan,
  PlannedMount,
  PlannedStage,
  RunStep,
  Source,
  Step,
} from './plan.ts';
import type { BuildProgress } from './progress.ts';
import { remoteFile } from './remote.ts';
import { Cancelled, cacheMountOf, mountsOf, runStep, secretEnv } from './run.ts';
import { diffPath, inSnapshot, makeBuiltLayer, reading } from './snapshot.ts';

/** What a stage has become. */
export interface Built {
  readonly layers: readonly BuiltLayer[];
  /** Digest of all that made it: what a step on top of it depends on. */
  readonly key: string;
}

export interface ExecutorOptions {
  readonly engine: Engine;
  readonly client: Exchange;
  readonly progress: BuildProgress;
  /** The context's files. */
  readonly context: Path;
  /** A directory for what is there while the build runs. */
  readonly scratch: Path;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly network: string;
  readonly noCache: boolean;
  /** The builder before BuildKit: a step is done again when any instruction before it is another. */
  readonly classic: boolean;
  /** Seconds since 1970: no file of the image is from later. */
  readonly epoch: number;
}

/** A step that failed. */
export class StepError extends Error {
  readonly step: Step;
  readonly reason: Error;
  constructor(step: Step, reason: Error) {
    super(reason.message);
    this.step = step;
    this.reason = reason;
  }
}

/** The configuration of an image of these layers. */
export function imageConfig(draft: Draft, layers: readonly BuiltLayer[], created: string): ImageConfig {
  return {
    architecture: 'amd64',
    os: 'linux',
    ...(draft.author !== '' && { author: draft.author }),
    created,
    config: draft.config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: draft.history,
  };
}

/** Between two looks at whether a directory is free. */
const LOOK_AGAIN = 100 * MILLISECOND;

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #built = new Map<PlannedStage, Built>();
  /** FROM of the stage, as long as progress has not told it; and whether it has told the step. */
  #from: FromStep | null = null;
  #told = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Builds all stages of the plan; what the last has become. Throws StepError and Cancelled. */
  *run(plan: Plan, created: string): Sys<Built> {
    const { progress } = this.#options;
    const total =
      plan.globals.length + plan.stages.reduce((sum, { instructions }) => sum + instructions.length + 1, 0);
    for (const text of plan.globals) yield* progress.instruction(text, total);
    for (const stage of plan.stages) {
      yield* progress.instruction(stage.text, total);
      let built = yield* this.#base(stage.base);
      this.#from = stage.from;
      yield* progress.instructionDone(baseId(stage.base, built, created));
      for (const { text, step, draft } of stage.instructions) {
        yield* progress.instruction(text, total);
        if (step !== null && step.kind !== 'from') built = yield* this.#step(step, built);
        else if (this.#options.classic) built = { ...built, key: digestOf([built.key, draft.config]) };
        yield* progress.instructionDone(digestOf(imageConfig(draft, built.layers, created)));
      }
      yield* this.#tellFrom(false);
      this.#built.set(stage, built);
    }
    return this.#built.get(plan.stages.at(-1)!)!;
  }

  *#base(source: Source): Sys<Built> {
    if (source.kind === 'stage') return this.#built.get(source.stage)!;
    if (source.kind !== 'image') return { layers: [], key: 'scratch' };
    const chain = chainIds(source.image.config.rootfs.diff_ids);
    return { layers: yield* layersOf(source.image, chain), key: chain.at(-1) ?? 'scratch' };
  }

  *#step(step: Exclude<Step, { readonly kind: 'from' }>, below: Built): Sys<Built> {
    const { client } = this.#options;
    if (yield* client.gone()) throw new Cancelled();
    this.#told = false;
    try {
      switch (step.kind) {
        case 'copy':
          return yield* this.#copy(step, below);
        case 'mkdir':
          return yield* this.#mkdir(step, below);
        default:
          return yield* this.#run(step, below);
      }
    } catch (error) {
      if (!(error instanceof Error) || error instanceof Cancelled) throw error;
      yield* this.#tell(step, false);
      throw new StepError(step, error);
    }
  }

  /** The step begins, and before it what it stands on: that counts as cached when the step is. */
  *#tell(step: Step, cached: boolean): Sys<void> {
    if (this.#told) return;
    this.#told = true;
    yield* this.#tellFrom(cached);
    yield* this.#options.progress.step(step.title);
  }

  *#tellFrom(cached: boolean): Sys<void> {
    const from = this.#from;
    this.#from = null;
    if (from === null) return;
    const { progress } = this.#options;
    yield* progress.step(from.title);
    if (cached) yield* progress.baseCached();
    else yield* progress.stepDone(null);
  }

  /** The layer of a step with this key, from the cache or by `make`. */
  *#cached(
    step: Step,
    key: string,
    layers: readonly BuiltLayer[],
    make: () => Sys<{ layer: BuiltLayer; container: Container | null }>,
  ): Sys<Built> {
    const { engine, progress, noCache } = this.#options;
    const now = yield* timestamp();
    const record = noCache ? null : engine.buildCache.find(key);
    if (record?.type === 'regular' && (yield* statOrNull(diffPath(record.layer.cacheId))) !== null) {
      record.lastUsed = now;
      record.count++;
      yield* this.#tell(step, true);
      yield* progress.cached();
      return { layers: [...layers, record.layer], key };
    }
    yield* this.#tell(step, false);
    const { layer, container } = yield* make();
    engine.buildCache.put({
      ...{ type: 'regular', key, layer, created: now, lastUsed: now, count: 1 },
      description: step.title,
    });
    yield* engine.buildCache.save();
    yield* progress.stepDone(container);
    return { layers: [...layers, layer], key };
  }

  /** A layer of what `body` does to the files, or with `link` to nothing. */
  *#changed(layers: readonly BuiltLayer[], link: boolean, body: (root: Path) => Sys<void>) {
    const work = yield* inSnapshot(link ? [] : layers, body);
    const layer = yield* makeBuiltLayer(layers, work, this.#options.epoch);
    yield* removeTree(work);
    return { layer, container: null };
  }

  *#copy(step: CopyStep, below: Built): Sys<Built> {
    const local = yield* this.#inTree(step.source, (root) => sourcesOf(step, root));
    const sources = [...local, ...(yield* this.#remote(step))];
    const { kind, target, chown, chmod, link, unpack } = step;
    const key = digestOf([kind, below.key, target, chown, chmod, link, unpack, contentDigest(sources)]);
    return yield* this.#cached(step, key, below.layers, () =>
      this.#changed(below.layers, link, (root) => copyInto(step, sources, root)),
    );
  }

  /** Files from URLs, which are asked for each time. */
  *#remote({ urls, checksum }: CopyStep): Sys<CopySource[]> {
    const { progress } = this.#options;
    const files: CopySource[] = [];
    for (const url of urls) {
      yield* this.#tellFrom(false);
      yield* progress.step(url);
      files.push(yield* remoteFile(url, checksum));
      yield* progress.stepDone(null);
    }
    return files;
  }

  *#inTree<T>(source: Source, body: (root: Path) => Sys<T>): Sys<T> {
    if (source.kind === 'context') return yield* body(this.#options.context);
    return yield* reading((yield* this.#base(source)).layers, body);
  }

  *#mkdir(step: MkdirStep, below: Built): Sys<Built> {
    const key = digestOf([step.kind, below.key, step.path, step.user]);
    return yield* this.#cached(step, key, below.layers, () =>
      this.#changed(below.layers, false, function* (root) {
        const owner = step.user === '' ? { uid: 0, gid: 0 } : yield* ownerIn(root, step.user);
        yield* makeOwnedDirs(root, yield* resolveIn(root, step.path), owner);
      }),
    );
  }

  *#run(step: RunStep, below: Built): Sys<Built> {
    const { argv, env, user, workingDir, script } = step;
    const mounts: unknown[] = [];
    for (const { type, target, id, source, where } of step.mounts)
      mounts.push([type, target, id, source, type === 'bind' ? yield* this.#mountKey(where, source) : '']);
    const key = digestOf([
      ...[step.kind, below.key, argv, env, user, workingDir, step.network, script?.content ?? ''],
      mounts,
    ]);
    const { layers } = below;
    return yield* this.#cached(step, key, layers, () =>
      this.#withTrees(
        step.mounts.map(({ where }) => where),
        new Map(),
        (trees) => this.#runWith(step, layers, trees),
      ),
    );
  }

  /** What a bind mount's files are, so that a step is done again when they change. */
  *#mountKey(where: Source, source: string): Sys<string> {
    const what = { paths: [source || '.'], documents: [], exclude: [], parents: false, unpack: false };
    return yield* this.#inTree(where, function* (root) {
      return contentDigest(yield* sourcesOf({ ...what, source: where }, root));
    });
  }

  /** Runs `body` while the trees of stages and images are mounted. */
  *#withTrees<T>(
    sources: readonly Source[],
    trees: Map<Source, Path>,
    body: (trees: ReadonlyMap<Source, Path>) => Sys<T>,
  ): Sys<T> {
    const [first, ...rest] = sources;
    if (first === undefined) return yield* body(trees);
    if (first.kind === 'context' || first.kind === 'scratch' || trees.has(first))
      return yield* this.#withTrees(rest, trees, body);
    const { layers } = yield* this.#base(first);
    const next = (root: Path) => this.#withTrees(rest, trees.set(first, root), body);
    return yield* reading(layers, next);
  }

  *#runWith(step: RunStep, layers: readonly BuiltLayer[], trees: ReadonlyMap<Source, Path>) {
    const { engine, client, progress, network, secrets, scratch, context, epoch } = this.#options;
    const mounts = yield* mountsOf(step, {
      ...{ context, secrets, scratch },
      tree: function* ({ where }) {
        return trees.get(where)!;
      },
    });
    for (const mount of step.mounts) if (mount.type === 'cache') yield* this.#rememberMount(mount, step);
    let ran: Container | null = null;
    const started = function* (container: Container): Sys<void> {
      ran = container;
      yield* progress.running(container);
    };
    const env = secretEnv(step, secrets);
    const options = { engine, client, step, layers, mounts, env, network, started, output: progress.output };
    const layer = yield* this.#locked(step, () =>
      runStep(options, (work) => makeBuiltLayer(layers, work, epoch)),
    );
    return { layer, container: ran as Container | null };
  }

  /** Runs `body` while no other step has the directories that this one wants for itself. */
  *#locked<T>(step: RunStep, body: () => Sys<T>): Sys<T> {
    const { engine, client } = this.#options;
    const wanted = step.mounts.filter(({ type, sharing }) => type === 'cache' && sharing === 'locked');
    const paths = [...new Set(wanted.map(cacheMountOf))];
    while (!engine.buildCache.lock(paths)) {
      if (yield* client.gone()) throw new Cancelled();
      yield* sys.nanosleep(LOOK_AGAIN);
    }
    try {
      return yield* body();
    } finally {
      engine.buildCache.unlock(paths);
    }
  }

  /** The directory that steps share is in the build cache, too. */
  *#rememberMount(mount: PlannedMount, step: RunStep): Sys<void> {
    const { buildCache } = this.#options.engine;
    const path = cacheMountOf(mount);
    if (mount.sharing === 'private') return;
    const now = yield* timestamp();
    const key = digestOf(['cache mount', path]);
    const record = buildCache.find(key);
    if (record !== null) {
      record.lastUsed = now;
      record.count++;
      return;
    }
    const description = `cached mount ${mount.target} from exec ${step.argv.join(' ')}`;
    const times = { created: now, lastUsed: now, count: 1 };
    buildCache.put({ type: 'exec.cachemount', key, path, description, ...times });
  }
}

/** The image's own id for a stage that begins with one. */
function baseId(base: Source, { layers }: Built, created: string): string {
  if (base.kind === 'image') return base.image.id;
  return base.kind === 'stage' ? digestOf(imageConfig(base.stage.draft, layers, created)) : '';
}
