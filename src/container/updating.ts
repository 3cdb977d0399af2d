/** `docker update`: other limits and another restart policy, at once for what runs. moby's Container.UpdateContainer. */
import type { Sys } from '../linux/index.ts';
import { requirePolicy, requireSimulated, resourcesFrom } from './configuring.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import {
  type Container,
  EngineError,
  type HostConfig,
  hasProcess,
  type Resources,
  RUNTIME_ROOT,
} from './model.ts';
import { resourcesOf } from './ociSpec.ts';
import { requireProcessors } from './processors.ts';
import { updateResources } from './runtime/lifecycle.ts';
import { RuntimeError } from './runtime/spec.ts';

export type UpdateRequest = { readonly [K in keyof Resources]?: Resources[K] | null } & {
  readonly RestartPolicy?: HostConfig['RestartPolicy'] | null;
};

const names: Readonly<Record<string, string>> = {
  NanoCpus: 'Nano CPUs',
  CpuPeriod: 'CPU Period',
  CpuQuota: 'CPU Quota',
};

/** Throws EngineError for what contradicts what is set. */
function requireCompatible(given: UpdateRequest, host: HostConfig): void {
  const pairs = [
    ['NanoCpus', 'CpuPeriod'],
    ['NanoCpus', 'CpuQuota'],
    ['CpuPeriod', 'NanoCpus'],
    ['CpuQuota', 'NanoCpus'],
  ] as const;
  for (const [wanted, set] of pairs) {
    if (!(given[wanted] ?? 0) || host[set] === 0) continue;
    const already = set === 'NanoCpus' ? 'NanoCPUs' : names[set];
    throw new EngineError(
      409,
      `Conflicting options: ${names[wanted]} cannot be updated as ${already} has already been set`,
    );
  }
  if (given.Memory && given.Memory > host.MemorySwap && !given.MemorySwap && host.MemorySwap >= 0)
    throw new EngineError(
      409,
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
}

export function* updateContainer(engine: Engine, container: Container, given: UpdateRequest): Sys<void> {
  const before = container.HostConfig;
  try {
    yield* change(container, given);
  } catch (error) {
    container.HostConfig = before;
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.status, `Cannot update container ${container.ID}: ${error.message}`);
  }
  yield* engine.save(container);
  yield* tell(engine, container, 'update');
}

function* change(container: Container, given: UpdateRequest): Sys<void> {
  requireSimulated(given);
  const host = container.HostConfig;
  requireCompatible(given, host);
  const policy = given.RestartPolicy;
  if (policy != null && policy.Name !== '') {
    requirePolicy(policy, false);
    if (host.AutoRemove && policy.Name !== 'no')
      throw new EngineError(
        409,
        'Restart policy cannot be updated because AutoRemove is enabled for the container',
      );
  }
  const RestartPolicy = policy != null && policy.Name !== '' ? policy : host.RestartPolicy;
  container.HostConfig = { ...host, ...resourcesFrom(given, host), RestartPolicy };
  yield* requireProcessors(container.HostConfig);
  if (!hasProcess(container.State)) return;
  try {
    yield* updateResources(RUNTIME_ROOT, container.ID, resourcesOf(container.HostConfig));
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw new EngineError(500, error.message);
  }
}
