/** The host's processors. */
import type { Sys } from '../linux/index.ts';
import { readText } from './files.ts';
import { EngineError, type Resources } from './model.ts';

export function* processorCount(): Sys<number> {
  return ((yield* readText('/proc/cpuinfo')) ?? '').match(/^processor\s*:/gm)?.length ?? 0;
}

/** Throws EngineError when a limit is more than all of them, as moby's verifyPlatformContainerResources does. */
export function* requireProcessors({ NanoCpus }: Resources): Sys<void> {
  if (NanoCpus === 0) return;
  const count = yield* processorCount();
  if (NanoCpus > 0 && NanoCpus <= count * 1e9) return;
  throw new EngineError(
    400,
    `range of CPUs is from 0.01 to ${count}.00, as there are only ${count} CPUs available`,
  );
}
