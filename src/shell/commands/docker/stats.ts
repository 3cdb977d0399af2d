/** docker stats: what containers use, once or as it changes. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { api, DockerError } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { binarySize, humanSize, listText } from './tables.ts';

interface Cpu {
  readonly cpu_usage: { readonly total_usage: number };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

interface Answer {
  readonly id: string;
  readonly name: string;
  readonly cpu_stats: Cpu;
  readonly precpu_stats: Cpu;
  readonly memory_stats: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: { readonly inactive_file?: number };
  };
  readonly blkio_stats: {
    readonly io_service_bytes_recursive: readonly { readonly op: string; readonly value: number }[] | null;
  };
  readonly pids_stats: { readonly current?: number };
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>>;
}

const percent = (value: number) => `${value.toFixed(2)}%`;

/** Of the processors' time between two readings. */
function cpuPercent(before: Cpu, now: Cpu): number {
  const own = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const all = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  return own > 0 && all > 0 ? (own / all) * (now.online_cpus ?? 1) * 100 : 0;
}

function rowOf(name: string, answer: Answer, before: Cpu, full: boolean): Record<string, string> {
  const { usage = 0, limit = 0, stats } = answer.memory_stats;
  const inactive = stats?.inactive_file ?? 0;
  const used = inactive < usage ? usage - inactive : usage;
  const sum = (key: 'rx_bytes' | 'tx_bytes') =>
    Object.values(answer.networks ?? {}).reduce((total, network) => total + network[key], 0);
  const moved = (op: string) =>
    (answer.blkio_stats.io_service_bytes_recursive ?? [])
      .filter((entry) => entry.op === op)
      .reduce((total, { value }) => total + value, 0);
  return {
    Container: name,
    ID: full ? answer.id : answer.id.slice(0, 12),
    Name: answer.name.slice(1),
    CPUPerc: percent(cpuPercent(before, answer.cpu_stats)),
    MemUsage: `${binarySize(used)} / ${binarySize(limit)}`,
    MemPerc: percent(limit === 0 ? 0 : (used / limit) * 100),
    NetIO: `${humanSize(sum('rx_bytes'), 3)} / ${humanSize(sum('tx_bytes'), 3)}`,
    BlockIO: `${humanSize(moved('read'), 3)} / ${humanSize(moved('write'), 3)}`,
    PIDs: `${answer.pids_stats.current ?? 0}`,
  };
}

const columns = [
  { head: 'CONTAINER ID', field: 'ID' },
  { head: 'NAME', field: 'Name' },
  { head: 'CPU %', field: 'CPUPerc' },
  { head: 'MEM USAGE / LIMIT', field: 'MemUsage' },
  { head: 'MEM %', field: 'MemPerc' },
  { head: 'NET I/O', field: 'NetIO' },
  { head: 'BLOCK I/O', field: 'BlockIO' },
  { head: 'PIDS', field: 'PIDs' },
];

function* namesOf(parsed: Parsed): Sys<readonly string[]> {
  if (parsed.operands.length > 0) return parsed.operands;
  const found = (yield* api('GET', `/containers/json?all=${parsed.has('all') ? 1 : 0}`)) as { Id: string }[];
  return found.map(({ Id }) => Id.slice(0, 12));
}

/** One reading of each, beside the one before it. */
function* readings(parsed: Parsed, before: Map<string, Cpu>): Sys<Record<string, string>[]> {
  const rows: Record<string, string>[] = [];
  for (const name of yield* namesOf(parsed)) {
    let answer: Answer;
    try {
      answer = (yield* api('GET', `/containers/${name}/stats?stream=0&one-shot=1`)) as Answer;
    } catch (error) {
      if (!(error instanceof DockerError) || (before.size === 0 && parsed.operands.length > 0)) throw error;
      continue;
    }
    rows.push(rowOf(name, answer, before.get(answer.id) ?? answer.precpu_stats, parsed.has('no-trunc')));
    before.set(answer.id, answer.cpu_stats);
  }
  return rows;
}

function* stats(parsed: Parsed): Sys<number> {
  const before = new Map<string, Cpu>();
  const options = { format: parsed.value('format'), quiet: null, type: 'container.statsContext' };
  const live = !parsed.has('no-stream');
  yield* readings(parsed, before);
  for (;;) {
    yield* sys.nanosleep(1e9);
    const text = listText(yield* readings(parsed, before), columns, options);
    if (!live) {
      yield* writeAll(1, text);
      return 0;
    }
    const lines = text.split('\n').map((line) => `${line} \u001b[K\n`);
    yield* writeAll(1, `\u001b[H${lines.join('')}\u001b[J`);
  }
}

export const statistics: readonly DockerCommand[] = [
  {
    name: 'stats',
    aliases: ['container stats'],
    usage: '[OPTIONS] [CONTAINER...]',
    help: 'Show what containers use, as it changes',
    options: [
      { short: 'a', long: 'all', help: 'Stopped ones too' },
      { long: 'format', argument: 'string', help: 'table, json or a Go template' },
      { long: 'no-stream', help: 'Once only' },
      { long: 'no-trunc', help: 'Do not shorten' },
    ],
    operands: [0, Number.POSITIVE_INFINITY],
    run: stats,
  },
];
