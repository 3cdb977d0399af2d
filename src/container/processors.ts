/** The host's processors and memory nodes, and whether what is asked for is there: moby's verifyPlatformContainerResources. */
import { type CpuSet, cpuRange, type Sys } from '../linux/index.ts';
import { readText } from './files.ts';
import { EngineError, type Resources } from './model.ts';

export function* processorCount(): Sys<number> {
  return ((yield* readText('/proc/cpuinfo')) ?? '').match(/^processor\s*:/gm)?.length ?? 0;
}

/** What moby lets pass for a processor's number whatever the host has. */
const MOST = 8192;

/** The numbers of a list like `0-2,7`. Throws EngineError. */
function numbersOf(list: string, what: string): CpuSet {
  const refuse = (why: string): never => {
    throw new EngineError(400, `Invalid value ${list} for cpuset ${what}: ${why}`);
  };
  let set = 0n;
  for (const part of list.split(',')) {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? refuse(`invalid format: ${list}`);
    if (Number(to) < Number(from)) refuse(`invalid format: ${list}`);
    if (Number(to) > MOST) refuse(`value of out range, maximum is ${MOST}`);
    set |= cpuRange(Number(from), Number(to));
  }
  return set;
}

function* requireThere(list: string | undefined, what: 'cpus' | 'mems', name: string): Sys<void> {
  if (list === undefined) return;
  const wanted = numbersOf(list, what);
  const available = ((yield* readText(`/sys/fs/cgroup/cpuset.${what}.effective`)) ?? '').trim();
  const there = available === '' ? 0n : numbersOf(available, what);
  if ((wanted & ~there) === 0n) return;
  throw new EngineError(
    400,
    `Requested ${name} are not available - requested ${list}, available: ${available}`,
  );
}

/** Throws EngineError when a limit is more than all of them, or names what is not there. */
export function* requireProcessors({ NanoCpus, CpusetCpus, CpusetMems }: Resources): Sys<void> {
  if (NanoCpus !== 0) {
    const count = yield* processorCount();
    if (NanoCpus < 0 || NanoCpus > count * 1e9)
      throw new EngineError(
        400,
        `range of CPUs is from 0.01 to ${count}.00, as there are only ${count} CPUs available`,
      );
  }
  yield* requireThere(CpusetCpus, 'cpus', 'CPUs');
  yield* requireThere(CpusetMems, 'mems', 'memory nodes');
}
