/** The engine's cost in real time and memory: starting containers, a thousand of them, a build of ten layers. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SECOND } from '../../src/base/index.ts';
import { engineHost } from '../support/engineHost.ts';

type Row = readonly [what: string, measured: string, aim: string];

const STARTED = 100;
const ROUNDS = 5;
/** Rounds that are not counted with the later ones. */
const WARMING = 2;
const MANY = 1000;
const MEGABYTE = 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  // What the first collection frees may hold memory outside of the heap, which goes with the second.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** From `docker start` on the host to the first system call of the container's program; milliseconds for each of {@link STARTED}. */
function startTimes({ sh, host, world }: ReturnType<typeof engineHost>): number[] {
  sh(`for i in $(seq ${STARTED}); do docker create --name c$i base:latest sleep 100000; done`);
  const times: number[] = [];
  for (let i = 1; i <= STARTED; i++) {
    let seen = world.trace.length;
    const begun = () => {
      const events = world.trace.since(seen, 'task.exec');
      seen = world.trace.length;
      return events.some(({ detail }) => detail.argv[0] === 'sleep');
    };
    host.spawn({ argv: ['/usr/bin/docker', 'start', `c${i}`], user: 'root', onOutput: () => {} });
    const before = performance.now();
    if (!world.runUntil(begun, world.now + SECOND)) throw new Error(`c${i} was not started`);
    times.push(performance.now() - before);
    world.run(world.now + SECOND / 10);
  }
  sh('docker rm -f $(docker ps -aq)');
  return times;
}

/**
 * The engine that runs us compiles what is busy little by little: of the first containers and of later ones. Of these more than one round: while
 * the engine marks old objects, which it ends only when the bench comes to rest, each takes two or three times as long.
 */
function startRows(): Row[] {
  const host = engineHost('bench');
  const rounds = Array.from({ length: ROUNDS }, () => startTimes(host));
  const later = rounds.slice(WARMING).flat();
  const what = 'container: docker start → its first instruction';
  const told = (times: readonly number[]) => `${median(times).toFixed(2)} ms`;
  return [
    [`${what}, median of the first ${STARTED}`, told(rounds[0]!), ''],
    [`${what}, of ${later.length} when ${STARTED * WARMING} were started before`, told(later), '≤ 2 ms'],
  ];
}

/** A thousand containers of one host, by a loop of its shell. */
function startMany() {
  const { sh } = engineHost('many');
  sh('docker run -d base:latest sleep 100000');
  const heapBefore = heap();
  const before = performance.now();
  const { out } = sh(`for i in $(seq ${MANY}); do docker run -d base:latest sleep 100000; done | wc -l`);
  const seconds = (performance.now() - before) / 1000;
  return { seconds, bytes: heap() - heapBefore, count: Number(out) };
}

/** As with {@link startRows}: of the first thousand, and of another host's when those are over. */
function manyRows(): Row[] {
  const first = startMany();
  const later = startMany();
  const what = `${first.count} containers started and running`;
  return [
    [`${what}, the first of the bench`, `${first.seconds.toFixed(1)} s`, ''],
    [`${what}, when so many were started before`, `${later.seconds.toFixed(1)} s`, '≤ 2 s'],
    ['their memory', `${(later.bytes / MEGABYTE).toFixed(0)} MB`, '≤ 500 MB'],
    ['memory of an idle container', `${(later.bytes / later.count / 1024).toFixed(0)} KB`, ''],
  ];
}

/** Five commands and five files in turn, without the cache and then with it. */
function buildRow(): Row {
  const { sh } = engineHost('build');
  const steps = Array.from({ length: 5 }, (_, i) => `RUN echo ${i} >/made${i}\nCOPY file /file${i}\n`);
  sh(`mkdir /ctx; echo x >/ctx/file; cat >/ctx/Dockerfile <<'END'\nFROM base\n${steps.join('')}END`);
  const timed = (flags: string) => {
    const times = Array.from({ length: 5 }, () => {
      const before = performance.now();
      if (sh(`docker build -q ${flags} /ctx`).status !== 0) throw new Error('the build failed');
      return performance.now() - before;
    });
    return `${median(times).toFixed(0)} ms`;
  };
  return ['build of ten layers', `${timed('--no-cache')}, from the cache ${timed('')}`, ''];
}

/** Rows of the bench. */
export function containerRows(): Row[] {
  return [...startRows(), ...manyRows(), buildRow()];
}
