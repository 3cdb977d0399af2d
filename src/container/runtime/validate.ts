/** What of a config.json cannot be: runc's validator, and by name what is not simulated. */
import { isOsError, strerror } from '../../base/index.ts';
import { type Path, type Sys, sys } from '../../linux/index.ts';
import { requireHooks } from './hooks.ts';
import { has, planOf } from './namespaces.ts';
import { requireKnownLimits } from './process.ts';
import { RuntimeError, type RuntimeSpec } from './spec.ts';

/** Fields that change what a container is and are not simulated. */
const refused: readonly (readonly [string, (spec: Loose) => unknown])[] = [
  ['linux.intelRdt', (spec) => spec.linux?.intelRdt],
  ['linux.personality', (spec) => spec.linux?.personality],
  ['linux.mountLabel', (spec) => spec.linux?.mountLabel],
  ['linux.resources.hugepageLimits', (spec) => spec.linux?.resources?.hugepageLimits],
  ['linux.resources.blockIO.leafWeight', (spec) => spec.linux?.resources?.blockIO?.leafWeight],
  ['linux.resources.blockIO.weightDevice', (spec) => spec.linux?.resources?.blockIO?.weightDevice],
  ['linux.resources.network', (spec) => spec.linux?.resources?.network],
  ['linux.resources.rdma', (spec) => spec.linux?.resources?.rdma],
  ['linux.resources.unified', (spec) => spec.linux?.resources?.unified],
  ['linux.resources.cpu.realtimeRuntime', (spec) => spec.linux?.resources?.cpu?.realtimeRuntime],
  ['linux.timeOffsets', (spec) => spec.linux?.timeOffsets],
  ['process.apparmorProfile', (spec) => spec.process?.apparmorProfile],
  ['process.selinuxLabel', (spec) => spec.process?.selinuxLabel],
  ['process.scheduler', (spec) => spec.process?.scheduler],
  ['process.ioPriority', (spec) => spec.process?.ioPriority],
  ['domainname', (spec) => spec.domainname],
];

// biome-ignore lint/suspicious/noExplicitAny: whatever stands in the file
type Loose = any;

/** The root file system's absolute path. Throws RuntimeError. */
export function* validate(spec: RuntimeSpec, bundle: Path): Sys<Path> {
  for (const [name, read] of refused) {
    const value = read(spec);
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'object' && Object.keys(value as object).length === 0) continue;
    throw new RuntimeError(`${name} is not simulated on this host`);
  }
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
  return yield* rootOf(spec, bundle);
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
