/** `npm run bench`: measures what the book promises, and prints a table. Nothing here passes or fails. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium, type Page } from 'playwright';
import { MILLISECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { findChromium } from '../../src/cli/project/chromium.ts';
import { ROOT, runTool } from '../../src/cli/project/tools.ts';
import { replay, Session, type Submission } from '../../src/exercise/index.ts';
import { EXERCISE_PAGES, type ExerciseId } from '../support/exercisePage.ts';
import { containerRows } from './containers.ts';
import { exerciseRows } from './exercises.ts';
import { figureRows } from './figures.ts';
import { guestRows } from './guest/rows.ts';
import { imageRows } from './images.ts';
import { openLab, startRows } from './starting.ts';

const PORT = 4398;
const BOOK = `http://127.0.0.1:${PORT}`;
const ID = 'container-disk-write';
const pageOf = (id: ExerciseId) => `${BOOK}${EXERCISE_PAGES[id]}`;
const READING = pageOf(ID);
/** A lab whose host runs a VM: more code, and a guest that has booted when the prompt is there. */
const VM_ID = 'vm-disk-write';

type Row = readonly [what: string, measured: string, aim: string];

const percentile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;

/** A learner's work on an exercise with a seed of its own, just before it is checked. */
async function workedSession(seed: string): Promise<Session> {
  const { exercise, files } = await loadExercise(ID);
  const session = await Session.start({ exercise, seed, sandbox });
  const terminal = session.openTerminal('bluebox', { rows: 24, cols: 80 });
  for (const key of 'docker diff two\ndocker rm -f one\nls -l /lab/one/merged/etc\n') {
    session.advance(50 * MILLISECOND);
    session.input(terminal, key === '\n' ? '\r' : key);
  }
  session.advance(2000 * MILLISECOND);
  await session.saveFile('overlay.ts', files['solution/overlay.ts']!);
  return session;
}

/** Learners of a course whose submissions are graded one after the other. */
const CLASS = 200;
const FIRST = 20;
/** Classes graded by one process: the JavaScript engine compiles what is busy little by little, for about the first minute. */
const CLASSES = 4;

/** Replays and checks in Node, on one core. */
async function kernelRows(): Promise<Row[]> {
  const { exercise } = await loadExercise(ID);
  const learner = await workedSession('bench');
  const started = performance.now();
  const submission = await learner.submission();
  const check = performance.now() - started;
  const submissions: Submission[] = [submission];
  for (let i = 1; i < 10; i++) {
    const session = await workedSession(`bench ${i}`);
    submissions.push(await session.submission());
    session.dispose();
  }
  const times: number[] = [];
  for (let i = 0; i < CLASSES * CLASS; i++) {
    const before = performance.now();
    const { asSubmitted } = await replay({ exercise, sandbox }, submissions[i % submissions.length]!);
    if (!asSubmitted) throw new Error('a replay differs from its submission');
    times.push(performance.now() - before);
  }
  const rate = (part: readonly number[]) =>
    `${((1000 * part.length) / part.reduce((sum, ms) => sum + ms, 0)).toFixed(1)} /s`;
  return [
    ['check set in Node', `${check.toFixed(0)} ms`, '≤ 1000 ms'],
    [`replays on one core, the first ${FIRST}`, rate(times.slice(0, FIRST)), ''],
    [`replays on one core, of a class of ${CLASS}`, rate(times.slice(0, CLASS)), '≥ 20 /s'],
    [`replays on one core, of the class after ${CLASSES - 1} others`, rate(times.slice(-CLASS)), '≥ 20 /s'],
  ];
}

function serve(): ChildProcess {
  const astro = path.join(ROOT, 'node_modules/astro/bin/astro.mjs');
  return spawn(
    process.execPath,
    [astro, 'preview', '--ignore-lock', '--host', '127.0.0.1', '--port', `${PORT}`],
    {
      cwd: ROOT,
      stdio: 'ignore',
    },
  );
}

async function reachable(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(READING).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the preview server did not come up');
}

/** Gzip sizes of what a page has fetched, by whether its address matches. */
const MONACO = /monaco|editor\.worker|ts\.worker|typescript|codicon|editor\.api|features|register/i;

class Traffic {
  readonly #sizes = new Map<string, number>();

  constructor(page: Page) {
    page.on('response', async (response) => {
      const body = await response.body().catch(() => null);
      if (body !== null) this.#sizes.set(new URL(response.url()).pathname, gzipSync(body).length);
    });
  }

  /** From now on only what is fetched from now on counts. */
  startAgain(): void {
    this.#sizes.clear();
  }

  kilobytes(pattern: RegExp, except = /^$/): string {
    let total = 0;
    for (const [name, size] of this.#sizes) if (pattern.test(name) && !except.test(name)) total += size;
    return `${(total / 1024).toFixed(1)} KB`;
  }
}

async function browserRows(): Promise<Row[]> {
  const browser = await chromium.launch({ executablePath: await findChromium(), args: ['--no-sandbox'] });
  const starts = await startRows(browser, pageOf);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const traffic = new Traffic(page);
  await page.goto(READING, { waitUntil: 'networkidle' });
  const reading = traffic.kilobytes(/\.js$/);
  traffic.startAgain();
  const { editor } = await openLab(page, ID);
  await page.waitForTimeout(2000);
  const lab = traffic.kilobytes(/\.(js|wasm|css)$/, MONACO);
  const withMonaco = traffic.kilobytes(/\.(js|wasm|css|ttf)$/);
  traffic.startAgain();
  await page.getByRole('textbox', { name: /Terminal/ }).focus();
  for (const key of 'echo the quick brown fox jumps over the lazy dog and back again, twice')
    await page.keyboard.press(key === ' ' ? 'Space' : key, { delay: 30 });
  const echoes = await page.evaluate(() =>
    performance
      .getEntriesByName('virtbook:echo')
      .map((entry) => (entry as PerformanceMark).detail.latency as number),
  );
  const typed = traffic.kilobytes(/\.(js|wasm|css)$/);
  const figures = await figureRows(browser, new URL('/', READING).href);
  await browser.close();
  return [
    ...figures,
    ...starts,
    ['script of the reading page (gzip)', reading, '≤ 40 KB'],
    ['click → editor ready, clicked at once', `${editor.toFixed(0)} ms`, ''],
    [
      'keystroke → echo, 95th percentile',
      `${percentile(echoes, 0.95).toFixed(1)} ms of ${echoes.length}`,
      '≤ 16 ms',
    ],
    ['what opening the lab adds, without Monaco (gzip)', lab, '< 700 KB'],
    ['what opening the lab adds, with Monaco (gzip)', withMonaco, ''],
    ['what the first key adds: code of more commands (gzip)', typed, ''],
  ];
}

/** What a lab with VMs weighs. */
async function vmRows(): Promise<Row[]> {
  const browser = await chromium.launch({ executablePath: await findChromium(), args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const traffic = new Traffic(page);
  await page.goto(pageOf(VM_ID), { waitUntil: 'networkidle' });
  traffic.startAgain();
  await openLab(page, VM_ID);
  await page.waitForTimeout(2000);
  const lab = traffic.kilobytes(/\.(js|wasm|css)$/, MONACO);
  await browser.close();
  return [[`${VM_ID}: what opening the lab adds, without Monaco (gzip)`, lab, '']];
}

/** The largest files that the build made, for finding out where bytes come from. */
function largest(): Row[] {
  const folder = path.join(ROOT, 'dist/_astro');
  return readdirSync(folder)
    .map((name) => [name, gzipSync(readFileSync(path.join(folder, name))).length] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([name, size]): Row => [`  ${name}`, `${(size / 1024).toFixed(1)} KB`, '']);
}

/** Builds, measures, prints. Returns the exit status. */
export async function bench(args: readonly string[]): Promise<number> {
  const status = args.includes('--no-build') ? 0 : await runTool({ package: 'astro', args: ['build'] });
  if (status !== 0) return status;
  const rows = [
    ...(await kernelRows()),
    ...(await exerciseRows()),
    ...containerRows(),
    ...imageRows(),
    ...(await guestRows()),
  ];
  const server = serve();
  try {
    await reachable();
    rows.push(...(await browserRows()), ...(await vmRows()), ['largest files (gzip)', '', ''], ...largest());
  } finally {
    server.kill();
  }
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd()}\n`,
    );
  return 0;
}
