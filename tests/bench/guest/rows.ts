/** How fast the hart runs a C program with address translation on: interpreted and translated, beside native code and v86. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CROSS, compile } from './programs.ts';
import { inV86, type Measured, natively, onHart } from './runs.ts';

type Row = readonly [what: string, measured: string, aim: string];

/** Runs of each, in turn: ratios are taken within a turn, and so hold while the computer's speed drifts. */
const TURNS = 5;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** The row for how many times as long as `others` our `translated` took, in the middle of the turns. */
function ratioRow(
  what: string,
  translated: readonly Measured[],
  others: readonly Measured[],
  aim: string,
): Row {
  const wrong = others.find(({ sum }, turn) => sum !== translated[turn]!.sum);
  if (wrong) return [what, `another sum: ${translated[0]!.sum}, ${wrong.sum}`, aim];
  const ratios = translated.map(({ seconds }, turn) => seconds / others[turn]!.seconds);
  return [what, `${median(ratios).toFixed(2)} times`, aim];
}

/** Rows of the bench; what cannot be measured here says what is missing. */
export async function guestRows(): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-bench-'));
  try {
    const guest = compile('hart', folder);
    if (guest === null) return [['guest program', `needs ${CROSS}`, '']];
    const native = compile('native', folder);
    const x86 = compile('x86', folder);
    const interpreted = onHart(guest, false);
    const translated: ReturnType<typeof onHart>[] = [];
    const natives: Measured[] = [];
    const emulated: Measured[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      if (native !== null) natives.push(natively(native));
      translated.push(onHart(guest, true));
      if (x86 !== null) emulated.push(await inV86(x86));
    }
    const mips = (seconds: number) => `${(interpreted.instructions / seconds / 1e6).toFixed(0)} MIPS`;
    return [
      ['guest program, interpreted, Sv32 on', mips(interpreted.seconds), '≥ 60 MIPS'],
      [
        'guest program, translated to WebAssembly',
        mips(median(translated.map(({ seconds }) => seconds))),
        '',
      ],
      ratioRow(
        '  its time to that of interpreted code',
        translated,
        translated.map(() => interpreted),
        '',
      ),
      native === null
        ? ['  its time to that of native code', 'skipped: needs gcc', '']
        : ratioRow('  its time to that of native code', translated, natives, '≤ 5 times'),
      x86 === null
        ? ['  its time to that of v86 with an x86 build', 'skipped: needs gcc that compiles with -m32', '']
        : ratioRow('  its time to that of v86 with an x86 build', translated, emulated, '< 1 times'),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
