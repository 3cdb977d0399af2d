/**
 * Run by itself in Node: prints how many bytes of a session that is over are kept until the next full collection, on average. Takes
 * `--expose-gc`, and `--no-allocation-site-pretenuring` as the command line has it.
 */
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { Session } from '../../src/exercise/index.ts';

const WARM = 20;
const COUNTED = 20;

const collectYoung = () =>
  (globalThis as unknown as { gc(how: { type: 'minor' }): void }).gc({ type: 'minor' });

const { exercise, files } = await loadExercise('container-disk-write');

async function liveAndEnd(): Promise<void> {
  const session = await Session.start({ exercise, seed: 'forgotten', sandbox });
  const terminal = session.openTerminal('bluebox', { rows: 24, cols: 80 });
  session.input(
    terminal,
    'docker diff two | sort\rdocker rm -f one\rls -l /lab/one/merged/etc; echo $(id)\r',
  );
  session.advance(2e9);
  await session.saveFile('overlay.ts', files['solution/overlay.ts']!);
  await session.judge();
  session.dispose();
}

let before = 0;
for (let i = 0; i < WARM + COUNTED; i++) {
  await liveAndEnd();
  collectYoung();
  if (i === WARM - 1) before = process.memoryUsage().heapUsed;
}
process.stdout.write(`${Math.round((process.memoryUsage().heapUsed - before) / COUNTED)}\n`);
