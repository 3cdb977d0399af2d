/** What a container uses: from the files of its control group, in the words of the API. containers/stats of the Engine API. */
import { MICROSECOND } from '../base/index.ts';
import { CLONE_NEWNET, O_RDONLY, type Sys, sys } from '../linux/index.ts';
import type { LinkInfo } from '../linux/net/netlink/requests.ts';
import { readText, timestamp } from './files.ts';
import { type Container, hasProcess, never } from './model.ts';
import { namespacePath } from './networking.ts';
import { cgroupsPathOf } from './ociSpec.ts';

const TICK = 1000 * MICROSECOND;

export interface CpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

export interface Sample {
  readonly read: string;
  readonly cpu_stats: CpuStats;
  readonly rest: Readonly<Record<string, unknown>>;
}

const noCpu: CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/** Before the first sample, and of a container that does not run. */
export const noSample: Sample = { read: never, cpu_stats: noCpu, rest: {} };

/** `name value` a line. */
function flat(text: string | null): Record<string, number> {
  const pairs = (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  return Object.fromEntries(pairs.map(([key = '', value]) => [key, Number(value)]));
}

interface BlkioEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: 'read' | 'write';
  readonly value: number;
}

/** Lines of io.stat: `254:0 rbytes=4096 wbytes=0 …`. */
function serviceBytes(text: string | null): BlkioEntry[] | null {
  const lines = [...(text ?? '').matchAll(/^(\d+):(\d+) rbytes=(\d+) wbytes=(\d+)/gm)];
  const entries = lines.flatMap(([, major, minor, read, written]) => {
    const device = { major: Number(major), minor: Number(minor) };
    return [
      { ...device, op: 'read' as const, value: Number(read) },
      { ...device, op: 'write' as const, value: Number(written) },
    ];
  });
  return entries.length === 0 ? null : entries;
}

/** Of cgroup v2 there are only bytes. */
const blkioStats = (io_service_bytes_recursive: BlkioEntry[] | null) => ({
  io_service_bytes_recursive,
  ...{ io_serviced_recursive: null, io_queue_recursive: null, io_service_time_recursive: null },
  ...{ io_wait_time_recursive: null, io_merged_recursive: null, io_time_recursive: null },
  sectors_recursive: null,
});

function* processors(): Sys<number> {
  return ((yield* readText('/proc/cpuinfo')) ?? '').match(/^processor\b/gm)?.length ?? 1;
}

function* hostMemory(): Sys<number> {
  return 1024 * Number(/^MemTotal:\s+(\d+)/m.exec((yield* readText('/proc/meminfo')) ?? '')?.[1] ?? 0);
}

/** Of now; `noSample` when the container does not run. */
export function* sampleOf(container: Container): Sys<Sample> {
  if (!hasProcess(container.State)) return noSample;
  const dir = `/sys/fs/cgroup${cgroupsPathOf(container)}`;
  const file = (name: string) => readText(`${dir}/${name}`);
  const cpu = flat(yield* file('cpu.stat'));
  const count = yield* processors();
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  const numberOf = (text: string | null) => (text === null || text.trim() === 'max' ? null : Number(text));
  const limit = numberOf(yield* file('memory.max'));
  const pidsLimit = numberOf(yield* file('pids.max'));
  const time = (name: string) => (cpu[name] ?? 0) * MICROSECOND;
  return {
    read: yield* timestamp(),
    cpu_stats: {
      cpu_usage: {
        total_usage: time('usage_usec'),
        usage_in_kernelmode: time('system_usec'),
        usage_in_usermode: time('user_usec'),
      },
      // Busy and idle time of all processors together.
      system_cpu_usage: Math.floor(((sec * 1e9 + nsec) * count) / TICK) * TICK,
      online_cpus: count,
      throttling_data: {
        periods: cpu.nr_periods ?? 0,
        throttled_periods: cpu.nr_throttled ?? 0,
        throttled_time: time('throttled_usec'),
      },
    },
    rest: {
      memory_stats: {
        usage: Number((yield* file('memory.current')) ?? 0),
        stats: flat(yield* file('memory.stat')),
        limit: limit ?? (yield* hostMemory()),
      },
      blkio_stats: blkioStats(serviceBytes(yield* file('io.stat'))),
      pids_stats: {
        current: Number((yield* file('pids.current')) ?? 0),
        ...(pidsLimit !== null && { limit: pidsLimit }),
      },
    },
  };
}

/** A sample beside the one before it. */
export function statsView(container: Container, before: Sample, now: Sample): Record<string, unknown> {
  return {
    name: container.Name,
    id: container.ID,
    read: now.read,
    preread: before.read,
    pids_stats: {},
    blkio_stats: blkioStats(null),
    num_procs: 0,
    storage_stats: {},
    memory_stats: {},
    ...now.rest,
    cpu_stats: now.cpu_stats,
    precpu_stats: before.cpu_stats,
  };
}

/** Counters of the devices in the container's own network namespace, but for its loopback; null when it has none. */
export function* networkStats(container: Container): Sys<Record<string, unknown> | null> {
  const path = namespacePath(container);
  if (path === '' || !hasProcess(container.State)) return null;
  const own = yield* sys.open('/proc/self/ns/net', O_RDONLY);
  const there = yield* sys.open(path, O_RDONLY);
  yield* sys.setnsfd(there, CLONE_NEWNET);
  const netlink = yield* sys.socket({ family: 'netlink', type: 'raw' });
  yield* sys.setnsfd(own, CLONE_NEWNET);
  const links = (yield* sys.ioctl(netlink, 'RTM_GETLINK', null)) as readonly LinkInfo[];
  for (const fd of [own, there, netlink]) yield* sys.close(fd);
  const outer = links.filter(({ name }) => name !== 'lo');
  return Object.fromEntries(outer.map(({ name, statistics }) => [name, countersOf(statistics)]));
}

const countersOf = (counters: LinkInfo['statistics']) => ({
  rx_bytes: counters.rxBytes,
  rx_packets: counters.rxPackets,
  rx_errors: counters.rxErrors,
  rx_dropped: counters.rxDropped,
  tx_bytes: counters.txBytes,
  tx_packets: counters.txPackets,
  tx_errors: counters.txErrors,
  tx_dropped: counters.txDropped,
});
