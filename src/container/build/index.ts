/**
 * `docker build`: POST /build. A Dockerfile is planned (planner.ts), carried out step by step over overlay mounts (executor.ts), and told about in
 * one of two ways of speaking (plainProgress.ts, classicProgress.ts). This code comes later than the daemon's: importing this file provides it.
 *
 * Times: an image says that it was made at one instant, and no file in its new layers is from after that: SOURCE_DATE_EPOCH when it is given
 * as a build argument, otherwise when the host was booted. So the same input gives the same digests, with the cache or without.
 */
import { canonicalJson, decodeUtf8, encodeUtf8, isOsError, strerror, toBase64 } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import {
  checksOf,
  type Dockerfile,
  DockerfileError,
  PathMatcher,
  parseDockerfile,
  readIgnoreFile,
  type Warning,
} from '../../oci/dockerfile/index.ts';
import { type ImageConfig, readTar, type TarEntry, TarError, writeTar } from '../../oci/index.ts';
import { packTree, unpackTree } from '../archive.ts';
import type { BuiltLayer } from '../buildCache.ts';
import { provideBuilder } from '../builder.ts';
import type { Engine } from '../engine.ts';
import { makeDirs, randomHex, removeTree } from '../files.ts';
import type { Exchange, Request } from '../http.ts';
import { addImage, nameImage } from '../images/store.ts';
import { DOCKER_ROOT, EngineError } from '../model.ts';
import { baseImage } from './bases.ts';
import { changedConfig } from './changes.ts';
import { checkResult, invalidDefaults } from './checking.ts';
import { classicProgress } from './classicProgress.ts';
import { Executor, imageConfig, StepError } from './executor.ts';
import { type BuildRequest, buildRequest } from './options.ts';
import { plainProgress } from './plainProgress.ts';
import type { Plan } from './plan.ts';
import { Planner } from './planner.ts';
import type { BuildProgress, Failure, Send } from './progress.ts';
import { Cancelled, StepFailed } from './run.ts';
import { reading } from './snapshot.ts';
import { isProxy } from './variables.ts';

interface Context {
  readonly entries: readonly TarEntry[];
  readonly dockerfile: Uint8Array;
}

/** The files of the context and its Dockerfile. Throws EngineError 400. */
function contextOf({ context, dockerfile, apart, buildKit }: BuildRequest): Context {
  let entries: readonly TarEntry[];
  try {
    entries = readTar(context);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new EngineError(400, `the build context is no archive: ${error.message}`);
  }
  const find = (name: string) => entries.find((entry) => entry.name === name && entry.type === 'file');
  const file = find(dockerfile);
  if (file === undefined) throw new EngineError(400, `Cannot locate specified Dockerfile: ${dockerfile}`);
  if (file.content.length === 0)
    throw new EngineError(400, `the Dockerfile ${buildKit ? '' : `(${dockerfile}) `}cannot be empty`);
  // A client before BuildKit sends what is left out as well when it is for us to read.
  const ignore = buildKit ? undefined : find('.dockerignore');
  const matcher = new PathMatcher(readIgnoreFile(decodeUtf8(ignore?.content ?? new Uint8Array(0))));
  const left = ['.dockerignore', dockerfile].filter((name) => matcher.matches(name));
  const gone = new Set([...left, ...apart]);
  return { entries: entries.filter(({ name }) => !gone.has(name)), dockerfile: file.content };
}

/** The instant that everything is made at, in seconds since 1970. */
function* epochOf({ buildArgs }: BuildRequest): Sys<number> {
  const given = buildArgs.get('SOURCE_DATE_EPOCH') ?? '';
  if (given !== '') {
    if (!/^\d+$/.test(given)) throw new DockerfileError(`invalid SOURCE_DATE_EPOCH: ${given}`);
    return Number(given);
  }
  const now = yield* sys.clock_gettime('realtime');
  const up = yield* sys.clock_gettime('boottime');
  return Math.round(now.sec - up.sec + (now.nsec - up.nsec) / 1e9);
}

const timeText = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** What is known of a Dockerfile so far. */
interface Found {
  /** Null until it was read. */
  file: Dockerfile | null;
  readonly warnings: Warning[];
}

class Build {
  readonly #engine: Engine;
  readonly #client: Exchange;
  readonly #request: BuildRequest;
  readonly #progress: BuildProgress;
  readonly #context: Context;
  readonly #send: Send;

  constructor(
    engine: Engine,
    client: Exchange,
    request: BuildRequest,
    context: Context,
    progress: BuildProgress,
    send: Send,
  ) {
    this.#send = send;
    this.#engine = engine;
    this.#client = client;
    this.#request = request;
    this.#context = context;
    this.#progress = progress;
  }

  /** The Dockerfile's name without its directory; one from standard input has the usual one. */
  get #shownName(): string {
    const name = this.#request.dockerfile.replace(/^.*\//, '');
    return name === '.dockerfile.stdin' ? 'Dockerfile' : name;
  }

  *run(): Sys<string | null> {
    try {
      return yield* this.#build();
    } catch (error) {
      if (error instanceof Cancelled) return null;
      const failure = failureOf(error);
      if (failure === null) throw error;
      yield* this.#progress.failed(failure, this.#source);
      return null;
    }
  }

  /** Looks for what is strange, up to what cannot be built, and tells it. */
  *check(): Sys<void> {
    const found: Found = { file: null, warnings: [] };
    let failure: Failure | null = null;
    try {
      yield* this.#plan(found);
      yield* this.#progress.context(this.#ignoreBytes, null);
    } catch (error) {
      if (error instanceof Cancelled) return;
      failure = failureOf(error);
      if (failure === null) throw error;
    }
    yield* this.#progress.checked(checkResult(found.file, this.#shown(found), failure, this.#source));
  }

  get #source() {
    return { name: this.#shownName, text: decodeUtf8(this.#context.dockerfile) };
  }

  get #ignoreBytes(): number {
    return this.#context.entries.find(({ name }) => name === '.dockerignore')?.content.length ?? 2;
  }

  /** What the directive, or the argument in its place, wants to be told of. */
  #checks({ file }: Found) {
    return checksOf(this.#request.buildArgs.get('BUILDKIT_DOCKERFILE_CHECK') ?? file?.check ?? '');
  }

  #shown(found: Found): Warning[] {
    const { skips } = this.#checks(found);
    return found.warnings.filter(({ rule }) => !skips(rule)).sort((a, b) => a.line - b.line);
  }

  /** Reads the Dockerfile, and what is to be done by it; `found` gets what was found on the way. */
  *#plan(found: Found) {
    const { dockerfile } = this.#context;
    const progress = this.#progress;
    yield* progress.definition(this.#shownName, dockerfile.length);
    const file = parseDockerfile(dockerfile);
    found.file = file;
    if (this.#request.buildKit) requireFrontend(file.syntax);
    const epoch = yield* epochOf(this.#request);
    const created = timeText(epoch);
    found.warnings.push(...file.warnings, ...invalidDefaults(file));
    const planner = new Planner(file, {
      warn: (warning) => found.warnings.push(warning),
      ...this.#request,
      created,
      everyStage: !this.#request.buildKit,
      image: (name) => baseImage(this.#engine, this.#client, this.#request, progress, name),
    });
    return { file, epoch, created, plan: yield* planner.plan() };
  }

  *#build(): Sys<string | null> {
    const { entries } = this.#context;
    const { context, secrets, network, noCache } = this.#request;
    const progress = this.#progress;
    const found: Found = { file: null, warnings: [] };
    const { file, epoch, created, plan } = yield* this.#plan(found);
    const shown = this.#shown(found);
    if (this.#checks(found).strict && shown.length > 0) {
      const rules = [...new Set(shown.map(({ rule }) => rule))].join(', ');
      throw new DockerfileError(`lint violation found for rules: ${rules}`);
    }
    yield* progress.context(this.#ignoreBytes, usesContext(plan) ? context.length : null);
    const scratch = `${DOCKER_ROOT}/tmp/docker-builder${Number.parseInt(yield* randomHex(4), 16)}`;
    yield* makeDirs(`${scratch}/context`, 0o700);
    try {
      yield* unpackTree(entries, `${scratch}/context`, false);
      const executor = new Executor({
        ...{ engine: this.#engine, client: this.#client, progress, secrets, network, noCache, epoch },
        ...{ scratch: `${scratch}/step`, context: `${scratch}/context`, classic: !this.#request.buildKit },
      });
      const { layers } = yield* executor.run(plan, created);
      if (this.#request.output !== null) {
        yield* this.#sendFiles(layers, this.#request.output);
        yield* progress.warn(warningLines(shown));
        return null;
      }
      const config = imageConfig(plan.stages.at(-1)!.draft, layers, created);
      const id = yield* this.#export(config);
      yield* progress.unused(unusedArgs(file, this.#request.buildArgs));
      yield* progress.finished(id, this.#request.tags);
      yield* progress.warn(warningLines(shown));
      return id;
    } finally {
      yield* removeTree(scratch);
      yield* this.#engine.buildCache.save();
    }
  }

  /** All files of the result, as one archive. */
  *#sendFiles(layers: readonly BuiltLayer[], output: 'local' | 'tar'): Sys<void> {
    const tree = layers.length === 0 ? [] : yield* reading(layers, (root) => packTree(root, ''));
    const entries = tree.filter(({ name }) => name !== '');
    yield* this.#send({ files: toBase64(writeTar(entries)) });
    yield* this.#progress.exported(
      output,
      entries.reduce((sum, { content }) => sum + content.length, 0),
    );
  }

  /** Makes the image known to the engine, by all its names. */
  *#export(config: ImageConfig): Sys<string> {
    const { images, events } = this.#engine;
    const { tags } = this.#request;
    const image = yield* addImage(images, encodeUtf8(canonicalJson(config)));
    if (tags.length > 0) yield* nameImage(images, image, tags);
    for (const name of tags) yield* events.emit('image', 'tag', image.id, { name });
    return image.id;
  }
}

const warningLines = (warnings: readonly Warning[]): string[] =>
  warnings.map(({ rule, message, line }) => `${rule}: ${message} (line ${line})`);

function usesContext({ stages }: Plan): boolean {
  const steps = stages.flatMap(({ instructions }) => instructions.map(({ step }) => step));
  return steps.some((step) => {
    if (step?.kind === 'copy') return step.source.kind === 'context' && step.paths.length > 0;
    return (
      step?.kind === 'run' &&
      step.mounts.some(({ type, where }) => type === 'bind' && where.kind === 'context')
    );
  });
}

/** Names of arguments that were given and that no ARG declares. */
function unusedArgs({ globals, stages }: Dockerfile, given: ReadonlyMap<string, string>): string[] {
  const all = [...globals, ...stages.flatMap(({ instructions }) => instructions)];
  const declared = new Set(
    all.flatMap((each) => (each.kind === 'arg' ? each.args.map(({ name }) => name) : [])),
  );
  return [...given.keys()].filter((name) => !declared.has(name) && !isProxy(name)).sort();
}

/** What is told of an error; null for one that is our own. */
function failureOf(error: unknown): Failure | null {
  if (error instanceof StepError) {
    const { step, reason } = error;
    const inner = failureOf(reason);
    if (inner === null) return null;
    const { line, endLine, title } = step;
    return { ...inner, line, endLine, step: { title } };
  }
  if (error instanceof StepFailed) {
    const classic = `The command '${error.command}' returned a non-zero code: ${error.code}`;
    return { message: error.message, classic, line: 0, endLine: 0, code: error.code, step: null };
  }
  const known = error instanceof DockerfileError || error instanceof EngineError || isOsError(error);
  if (!known) return null;
  const message = isOsError(error) ? strerror(error.code).toLowerCase() : error.message;
  const [line, endLine] = error instanceof DockerfileError ? [error.line, error.endLine] : [0, 0];
  const classic = message.replace(
    /^failed to compute cache key: .*: "\/(.*)": not found$/,
    'COPY failed: file not found in build context or excluded by .dockerignore: stat $1: file does not exist',
  );
  return { message, classic, line, endLine, code: 0, step: null };
}

/** The builder before BuildKit refused a Dockerfile that cannot be read before it said anything. */
function readFirst(bytes: Uint8Array, name: string): void {
  try {
    parseDockerfile(bytes);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    const known = /^(dockerfile parse error|no build stage)/.test(error.message);
    throw new EngineError(400, `${known ? '' : `failed to parse ${name}: `}${error.message}`);
  }
}

/** What reads the Dockerfile here is what docker/dockerfile is; other front ends are programs of their own. Throws DockerfileError. */
function requireFrontend(syntax: string): void {
  if (/^((docker\.io\/)?docker\/dockerfile(-upstream)?([:@]\S*)?)?$/.test(syntax)) return;
  throw new DockerfileError(`the front end ${syntax} of "# syntax=" is not simulated`);
}

const dockersProgress = (send: Send, { buildKit, quiet }: BuildRequest): BuildProgress =>
  buildKit ? plainProgress(send) : classicProgress(send, quiet);

function* build(
  engine: Engine,
  request: Request,
  client: Exchange,
  progressOf?: (send: Send) => BuildProgress,
): Sys<null> {
  const wanted = buildRequest(request);
  const context = contextOf(wanted);
  if (!wanted.buildKit) readFirst(context.dockerfile, wanted.dockerfile);
  yield* client.stream();
  const send: Send = function* (message) {
    yield* client.write(`${JSON.stringify(message)}\r\n`);
  };
  const progress = progressOf?.(send) ?? dockersProgress(send, wanted);
  const work = new Build(engine, client, wanted, context, progress, send);
  if (wanted.check) {
    yield* work.check();
    return null;
  }
  const id = yield* work.run();
  if (id !== null && wanted.buildKit) yield* send({ id: 'moby.image.id', aux: { ID: id } });
  return null;
}

provideBuilder({ build, changed: changedConfig });
