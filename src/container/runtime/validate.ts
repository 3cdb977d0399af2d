/** What of a config.json cannot be: runc's validator, and by name what is not simulated. */
import { isOsError, strerror } from '../../base/index.ts';
import { type Path, type Sys, sys } from '../../linux/index.ts';
import { requireHooks } from './hooks.ts';
import { has, type NamespacePlan, planOf } from './namespaces.ts';
import { requireKnownLimits } from './process.ts';
import { RuntimeError, type RuntimeSpec } from './spec.ts';

/** Fields that change what a container is and are not simulated: of each object by its place. */
const refused: readonly Refused[] = [
  {
    place: 'linux.',
    objectOf: ({ linux }) => linux,
    names: ['intelRdt', 'personality', 'mountLabel', 'timeOffsets'],
  },
  {
    place: 'linux.resources.',
    objectOf: ({ linux }) => linux?.resources,
    names: ['hugepageLimits', 'network', 'rdma', 'unified'],
  },
  {
    place: 'linux.resources.blockIO.',
    objectOf: ({ linux }) => linux?.resources?.blockIO,
    names: ['leafWeight', 'weightDevice'],
  },
  {
    place: 'linux.resources.cpu.',
    objectOf: ({ linux }) => linux?.resources?.cpu,
    names: ['realtimeRuntime'],
  },
  {
    place: 'process.',
    objectOf: ({ process }) => process,
    names: ['apparmorProfile', 'selinuxLabel', 'scheduler', 'ioPriority'],
  },
  { place: '', objectOf: (spec) => spec, names: ['domainname'] },
];

interface Refused {
  readonly place: string;
  readonly objectOf: (spec: Loose) => Loose | undefined;
  readonly names: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: whatever stands in the file
type Loose = any;

function requireSimulated(spec: RuntimeSpec): void {
  for (const { place, objectOf, names } of refused) {
    const object = objectOf(spec);
    if (object === undefined || object === null) continue;
    for (const name of names)
      if (isGiven(object[name])) throw new RuntimeError(`${place}${name} is not simulated on this host`);
  }
}

/** Whether something is asked for: what is empty changes nothing. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

export interface Validated {
  /** The root file system's absolute path. */
  readonly rootfs: Path;
  readonly plan: NamespacePlan;
}

/** Throws RuntimeError. */
export function* validate(spec: RuntimeSpec, bundle: Path): Sys<Validated> {
  requireSimulated(spec);
  const { process } = spec;
  if (process === undefined) throw new RuntimeError('process property must not be empty');
  if (process.cwd === '') throw new RuntimeError('Cwd property must not be empty');
  if (!process.cwd.startsWith('/')) throw new RuntimeError('Cwd must be an absolute path');
  if ((process.args ?? []).length === 0) throw new RuntimeError('args must not be empty');
  requireKnownLimits(process);
  requireHooks(spec.hooks);
  if (spec.linux === undefined) throw new RuntimeError('linux property must not be empty');
  const plan = planOf(spec);
  if ((spec.hostname ?? '') !== '' && !has(plan, 'uts'))
    throw new RuntimeError('unable to set hostname without a private UTS namespace');
  const protects = (spec.linux.maskedPaths ?? []).length > 0 || (spec.linux.readonlyPaths ?? []).length > 0;
  if (protects && !has(plan, 'mount'))
    throw new RuntimeError('unable to restrict sys entries without a private MNT namespace');
  for (const name of Object.keys(spec.linux.sysctl ?? {})) {
    if (!name.startsWith('net.')) throw new RuntimeError(`the sysctl ${name} is not simulated on this host`);
    if (!has(plan, 'network'))
      throw new RuntimeError(`sysctl "${name}" not allowed in host network namespace`);
  }
  const mapped = (spec.linux.uidMappings ?? []).length > 0;
  if (mapped && !has(plan, 'user'))
    throw new RuntimeError(
      "user namespace mappings specified, but user namespace isn't enabled in the config",
    );
  if (!mapped && has(plan, 'user') && !plan.joined.some(({ type }) => type === 'user'))
    throw new RuntimeError(
      'user namespaces enabled, but no namespace path to join nor mappings to apply specified',
    );
  return { rootfs: yield* rootOf(spec, bundle), plan };
}

function* rootOf(spec: RuntimeSpec, bundle: Path): Sys<Path> {
  if (spec.root === undefined) throw new RuntimeError('root must be specified');
  const path = spec.root.path.startsWith('/') ? spec.root.path : `${bundle}/${spec.root.path}`;
  try {
    yield* sys.stat(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RuntimeError(`invalid rootfs: stat ${path}: ${strerror(error.code).toLowerCase()}`);
  }
  return path;
}
