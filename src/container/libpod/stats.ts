/** GET /libpod/containers/stats: of several containers at once, once or every so many seconds. */
import { SECOND } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { isTrue } from '../http.ts';
import { secondsOf } from '../inspect.ts';
import { type Container, hasProcess } from '../model.ts';
import { type CpuStats, networkStats, noSample, type Sample, sampleOf } from '../stats.ts';
import type { Call } from './call.ts';

interface Rest {
  readonly memory_stats?: { readonly usage: number; readonly limit: number };
  readonly pids_stats?: { readonly current: number };
  readonly blkio_stats?: {
    readonly io_service_bytes_recursive: readonly { readonly op: string; readonly value: number }[] | null;
  };
}

/** Hundredths of one processor's time between two samples. */
function percentOf(before: CpuStats, now: CpuStats): number {
  const busy = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const all = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  return all > 0 ? (busy / all) * (now.online_cpus ?? 1) * 100 : 0;
}

function* viewOf(container: Container, before: Sample, now: Sample): Sys<unknown> {
  const { memory_stats, pids_stats, blkio_stats } = now.rest as Rest;
  const { usage = 0, limit = 0 } = memory_stats ?? {};
  const devices = Object.values((yield* networkStats(container)) ?? {}) as Record<string, number>[];
  const sum = (name: string) => devices.reduce((total, device) => total + (device[name] ?? 0), 0);
  const moved = (op: string) =>
    (blkio_stats?.io_service_bytes_recursive ?? [])
      .filter((entry) => entry.op === op)
      .reduce((total, { value }) => total + value, 0);
  const { sec, nsec } = yield* sys.clock_gettime('realtime');
  const { total_usage, usage_in_kernelmode } = now.cpu_stats.cpu_usage;
  const percent = percentOf(before.cpu_stats, now.cpu_stats);
  return {
    ...{ AvgCPU: percent, CPU: percent, PerCPU: null },
    ContainerID: container.ID,
    Name: container.Name.slice(1),
    ...{ CPUNano: total_usage, CPUSystemNano: usage_in_kernelmode, SystemNano: sec * 1e9 + nsec },
    ...{ MemUsage: usage, MemLimit: limit, MemPerc: limit > 0 ? (usage / limit) * 100 : 0 },
    ...{ NetInput: sum('rx_bytes'), NetOutput: sum('tx_bytes') },
    ...{ BlockInput: moved('read'), BlockOutput: moved('write') },
    PIDs: pids_stats?.current ?? 0,
    UpTime: Math.max(0, sec - secondsOf(container.State.StartedAt)) * 1e9,
    Duration: total_usage,
  };
}

export function* containerStats({ engine, request: { query, queryValues }, client }: Call): Sys<null> {
  const stream = isTrue(query.get('stream') ?? 'true');
  const names = queryValues('containers');
  const wanted = () =>
    names.length > 0
      ? names.map((name) => engine.findContainer(name))
      : [...engine.containers.values()].filter(({ State }) => hasProcess(State));
  const interval = Math.max(1, Number(query.get('interval') ?? 5) || 5);
  const before = new Map<string, Sample>();
  wanted();
  yield* client.stream();
  for (;;) {
    const Stats: unknown[] = [];
    for (const container of wanted()) {
      const now = yield* sampleOf(container);
      Stats.push(yield* viewOf(container, before.get(container.ID) ?? noSample, now));
      before.set(container.ID, now);
    }
    yield* client.write(`${JSON.stringify({ Error: null, Stats })}\n`);
    if (!stream) return null;
    yield* sys.nanosleep(interval * SECOND);
    if (yield* client.gone()) return null;
  }
}
