/** Volumes of the local driver: directories below /var/lib/docker/volumes, and what the daemon knows of them besides. */
import { type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { list, makeDirs, randomHex, readText, removeTree, statOrNull, writeText } from './files.ts';
import { type Filters, hasLabels, isMatch, parseFilters } from './filters.ts';
import type { Response } from './http.ts';
import { DOCKER_ROOT, EngineError, volumePath } from './model.ts';
import { saveOptions, shownOptions } from './volumeOptions.ts';

type Labels = Readonly<Record<string, string>>;

/** The body of POST /volumes/create. */
export interface VolumeRequest {
  readonly Name?: string;
  readonly Driver?: string;
  readonly DriverOpts?: Readonly<Record<string, string>>;
  readonly Labels?: Labels;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const FOLDER = `${DOCKER_ROOT}/volumes`;
/** Labels of the volumes that have some: JSON, where Docker has a bolt database of the same name. */
const METADATA = 'metadata.db';
/** What has no name of its own; `volume prune` without -a takes only such. */
const ANONYMOUS = 'com.docker.volume.anonymous';
/** Options of the local driver, each with those that it needs beside it. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  device: ['type'],
  type: ['device'],
  o: ['device', 'type'],
  size: [],
};

function* labelsOfAll(): Sys<Map<string, Labels>> {
  const text = (yield* readText(`${FOLDER}/${METADATA}`)) ?? '{}';
  return new Map(Object.entries(JSON.parse(text) as Record<string, Labels>));
}

function* saveLabels(name: string, labels: Labels | null): Sys<void> {
  const all = yield* labelsOfAll();
  if (labels !== null) all.set(name, labels);
  else if (!all.delete(name)) return;
  yield* writeText(`${FOLDER}/${METADATA}`, JSON.stringify(Object.fromEntries(all)), 0o600);
}

export function* volumeNames(): Sys<string[]> {
  return (yield* list(FOLDER)).filter((name) => name !== METADATA);
}

const isVolume = function* (name: string): Sys<boolean> {
  return name !== METADATA && (yield* statOrNull(volumePath(name))) !== null;
};

/** Throws EngineError for options that the local driver does not know, or that need others. */
function requireOptions(name: string, { DriverOpts = {} }: VolumeRequest): void {
  const given = Object.keys(DriverOpts);
  for (const option of given)
    if (!Object.hasOwn(OPTIONS, option))
      throw new EngineError(400, `create ${name}: invalid option: "${option}"`);
  // There is no file system here that has quotas for directories.
  if (!/^0*[kmgtpb]*$/i.test(DriverOpts.size ?? ''))
    throw new EngineError(400, `create ${name}: quota size requested but no quota support`);
  for (const option of given)
    for (const needed of OPTIONS[option]!)
      if (!given.includes(needed))
        throw new EngineError(400, `create ${name}: missing required option: "${needed}"`);
}

/** Makes the volume if it is not there, and says its name: an anonymous one if it is given none. */
export function* createVolume(engine: Engine, request: VolumeRequest): Sys<string> {
  const { Driver } = request;
  const name = request.Name || (yield* randomHex(32));
  if (Driver && Driver !== 'local') {
    const why = `error looking up volume plugin ${Driver}: plugin "${Driver}" not found`;
    throw new EngineError(404, `create ${name}: ${why}`);
  }
  if (name.length === 1) {
    const why = 'volume name is too short, names should be at least two alphanumeric characters';
    throw new EngineError(400, `create ${name}: ${why}`);
  }
  if (!NAME.test(name)) {
    throw new EngineError(
      400,
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  if (name === METADATA) throw new EngineError(500, `create ${name}: mkdir ${volumePath(name)}: file exists`);
  if (yield* isVolume(name)) return name;
  requireOptions(name, request);
  yield* makeDirs(`${volumePath(name)}/_data`);
  yield* sys.chmod(volumePath(name), 0o701);
  yield* saveOptions(name, request.DriverOpts ?? {});
  const labels = { ...request.Labels, ...(!request.Name && { [ANONYMOUS]: '' }) };
  if (Object.keys(labels).length > 0) yield* saveLabels(name, labels);
  yield* engine.events.emit('volume', 'create', name, { driver: 'local' });
  return name;
}

/** Takes the volume and all that is in it away. */
export function* dropVolume(engine: Engine, name: string): Sys<void> {
  yield* removeTree(volumePath(name));
  yield* saveLabels(name, null);
  yield* engine.events.emit('volume', 'destroy', name, { driver: 'local' });
}

/** As `volume inspect` shows it; EngineError where there is none. */
export function* volumeView(name: string): Sys<unknown> {
  if (!(yield* isVolume(name))) throw new EngineError(404, `get ${name}: no such volume`);
  return yield* viewOf(name, yield* labelsOfAll());
}

function* viewOf(Name: string, labels: ReadonlyMap<string, Labels>): Sys<object> {
  const { mtime } = yield* sys.lstat(volumePath(Name));
  return {
    CreatedAt: `${new Date(mtime.sec * 1000).toISOString().slice(0, 19)}Z`,
    Driver: 'local',
    Labels: labels.get(Name) ?? null,
    Mountpoint: `${volumePath(Name)}/_data`,
    Name,
    Options: yield* shownOptions(Name),
    Scope: 'local',
  };
}

/** The value of a filter that is true or false; `otherwise` where it is not given. */
function flagOf(filters: Filters, key: string, otherwise: boolean): boolean {
  const values = filters.get(key) ?? [];
  if (values.length === 0) return otherwise;
  const isTrue = values.includes('1') || values.includes('true');
  const isFalse = values.includes('0') || values.includes('false');
  if (isTrue === isFalse) throw new EngineError(400, `invalid filter '${key}=[${values.join(' ')}]'`);
  return isTrue;
}

/** GET /volumes: what fits the filters `dangling`, `driver`, `label` and `name`. */
export function* listVolumes(engine: Engine, given: string | undefined): Sys<object[]> {
  const filters = parseFilters(given, ['dangling', 'driver', 'label', 'name']);
  const dangling = filters.has('dangling') ? flagOf(filters, 'dangling', false) : null;
  const drivers = filters.get('driver');
  const names = filters.get('name');
  const labels = yield* labelsOfAll();
  const views: object[] = [];
  for (const name of yield* volumeNames()) {
    if (drivers !== undefined && !drivers.includes('local')) continue;
    if (names !== undefined && !names.some((part) => isMatch(name, part))) continue;
    if (!hasLabels(labels.get(name) ?? {}, filters.get('label'))) continue;
    if (dangling !== null && dangling !== (engine.usersOf(name).length === 0)) continue;
    views.push(yield* viewOf(name, labels));
  }
  return views;
}

export function* removeVolume(engine: Engine, name: string, force: boolean): Sys<Response> {
  if (!(yield* isVolume(name))) {
    if (force) return { status: 204, body: null };
    throw new EngineError(404, `get ${name}: no such volume`);
  }
  const users = engine.usersOf(name);
  if (users.length > 0)
    throw new EngineError(
      409,
      `remove ${name}: volume is in use - [${users.map((user) => user.ID).join(', ')}]`,
    );
  yield* dropVolume(engine, name);
  return { status: 204, body: null };
}

/** Names of what nobody uses and POST /volumes/prune takes: the anonymous ones alone, unless it is to take `all`. */
export function* unusedVolumes(engine: Engine, given: string | undefined): Sys<string[]> {
  const filters = parseFilters(given, ['all', 'label', 'label!']);
  const all = flagOf(filters, 'all', false);
  const without = filters.get('label!');
  const labels = yield* labelsOfAll();
  return (yield* volumeNames()).filter((name) => {
    const own = labels.get(name) ?? {};
    if (engine.usersOf(name).length > 0 || !(all || ANONYMOUS in own)) return false;
    return hasLabels(own, filters.get('label')) && !without?.some((label) => hasLabels(own, [label]));
  });
}
