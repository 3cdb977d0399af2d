/**
 * Run by itself in Node: prints how many bytes of a session that is over are kept until the next full collection, on average. Takes
 * `--expose-gc`, and `--no-allocation-site-pretenuring` as the command line has it.
 */
import { GCProfiler } from 'node:v8';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { Session } from '../../src/exercise/index.ts';

const WARM = 20;
const COUNTED = 10;
/** A full collection among what is counted would hide all: then it is counted again, so often. */
const TRIES = 5;

const TYPED = [
  'docker diff two | sort; lab status; echo $(id)',
  'docker run -d --name three notes:1; docker exec three ls /srv',
  'docker rm -f one three; ls -l /lab/one/merged/etc',
];

const collectYoung = () =>
  (globalThis as unknown as { gc(how: { type: 'minor' }): void }).gc({ type: 'minor' });

const { exercise, files } = await loadExercise('container-disk-write');

async function liveAndEnd(): Promise<void> {
  const session = await Session.start({ exercise, seed: 'forgotten', sandbox });
  const terminal = session.openTerminal('bluebox', { rows: 24, cols: 80 });
  session.input(terminal, TYPED.map((line) => `${line}\r`).join(''));
  session.advance(3e9);
  await session.saveFile('overlay.ts', files['solution/overlay.ts']!);
  await session.judge();
  session.dispose();
  collectYoung();
}

/** Bytes for each session; null when a full collection came between. */
async function kept(): Promise<number | null> {
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < COUNTED; i++) await liveAndEnd();
  const bytes = (process.memoryUsage().heapUsed - before) / COUNTED;
  const full = profiler.stop().statistics.some(({ gcType }) => gcType !== 'Scavenge');
  return full ? null : Math.round(bytes);
}

for (let i = 0; i < WARM; i++) await liveAndEnd();
let bytes: number | null = null;
for (let i = 0; i < TRIES && bytes === null; i++) bytes = await kept();
if (bytes === null) throw new Error(`a full collection came each of ${TRIES} times`);
process.stdout.write(`${bytes}\n`);
