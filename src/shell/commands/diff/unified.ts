/** Reads unified diffs: what GNU diff -u and git write. */

export interface HunkLine {
  readonly kind: ' ' | '-' | '+';
  /** With its newline, if it has one. */
  readonly text: string;
}

export interface Hunk {
  /** First line in the old and the new file; with a count of 0 the line before. */
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly HunkLine[];
}

export interface FileName {
  readonly path: string;
  /** The header says that there is no such file: /dev/null, or the date 0. */
  readonly missing: boolean;
}

export interface FilePatch {
  readonly old: FileName;
  readonly new: FileName;
  /** The two lines with the names, as they were. */
  readonly header: string;
  /** What stood between the patch before and the names, then the names. */
  readonly lead: readonly string[];
  /** Line of the first hunk in the input, from 1. */
  readonly line: number;
  readonly hunks: readonly Hunk[];
  /** Why there are no more hunks, when a malformed one follows. */
  readonly problem: PatchProblem | null;
}

/** Told as `patch: **** …`; the status is 2. */
export class PatchProblem extends Error {}

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Throws PatchProblem. */
export function readPatch(text: string): FilePatch[] {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const patches: FilePatch[] = [];
  let lead: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    if (
      line.startsWith('--- ') &&
      lines[at + 1]?.startsWith('+++ ') &&
      hunkHeader.test(lines[at + 2] ?? '')
    ) {
      const { hunks, next, problem } = readHunks(lines, at + 2);
      const header = line + lines[at + 1]!;
      patches.push({
        old: nameOf(line),
        new: nameOf(lines[at + 1]!),
        header,
        lead: [...lead, line, lines[at + 1]!],
        line: at + 3,
        hunks,
        problem,
      });
      if (problem !== null) return patches;
      lead = [];
      at = next;
      continue;
    }
    refuseOtherKinds(line, lines[at + 1] ?? '');
    lead.push(line);
    at++;
  }
  if (patches.length === 0 && text !== '')
    throw new PatchProblem('Only garbage was found in the patch input.');
  return patches;
}

function refuseOtherKinds(line: string, next: string): void {
  if (line.startsWith('*** ') && next.startsWith('--- '))
    throw new PatchProblem('context diffs are not simulated, only unified ones');
  if (/^\d+(,\d+)?[acd]\d+(,\d+)?\n?$/.test(line) && /^[<>]/.test(next))
    throw new PatchProblem('normal diffs are not simulated, only unified ones');
  if (/^(rename|copy) (from|to) |^GIT binary patch/.test(line))
    throw new PatchProblem("git's renames, copies and binary patches are not simulated");
}

function nameOf(line: string): FileName {
  const [path = '', date = ''] = line.slice(4).replace(/\n$/, '').split('\t');
  return {
    path: path.trimEnd(),
    missing: path.trimEnd() === '/dev/null' || /^1970-01-01 00:00:00(\.0+)? \+0000/.test(date),
  };
}

function readHunks(
  lines: readonly string[],
  from: number,
): { hunks: Hunk[]; next: number; problem: PatchProblem | null } {
  const hunks: Hunk[] = [];
  let at = from;
  for (
    let header = hunkHeader.exec(lines[at] ?? '');
    header !== null;
    header = hunkHeader.exec(lines[at] ?? '')
  ) {
    let [old, made] = [Number(header[2] ?? 1), Number(header[4] ?? 1)];
    const found: HunkLine[] = [];
    at++;
    while (old > 0 || made > 0 || lines[at]?.startsWith('\\')) {
      // Blank lines at the end are easily lost on the way.
      const line = lines[at] ?? (made < 3 ? ' \n' : null);
      if (line === null)
        return {
          hunks,
          next: at,
          problem: new PatchProblem(`unexpected end of file in patch at line ${at}`),
        };
      if (line.startsWith('\\')) {
        const last = found.pop();
        if (last !== undefined) found.push({ ...last, text: last.text.replace(/\n$/, '') });
        at++;
        continue;
      }
      // Mail programs take the blank from lines that have nothing else.
      const kind = line === '\n' ? ' ' : line[0]!;
      if (kind !== '+') old--;
      if (kind !== '-') made--;
      if ((kind !== ' ' && kind !== '-' && kind !== '+') || old < 0 || made < 0) {
        const number = Math.min(at + 1, lines.length);
        return { hunks, next: at, problem: new PatchProblem(`malformed patch at line ${number}: ${line}`) };
      }
      found.push({ kind, text: line === '\n' ? line : line.slice(1) });
      at++;
    }
    hunks.push({ oldStart: Number(header[1]), newStart: Number(header[3]), lines: found });
  }
  return { hunks, next: at, problem: null };
}

/** The other way round. */
export function reversed(hunk: Hunk): Hunk {
  const swapped = hunk.lines.map(
    ({ kind, text }): HunkLine => ({ kind: kind === '-' ? '+' : kind === '+' ? '-' : ' ', text }),
  );
  // Removed lines stand before added ones.
  const lines: HunkLine[] = [];
  const added: HunkLine[] = [];
  for (const line of swapped) {
    if (line.kind === '+') added.push(line);
    else {
      if (line.kind === ' ') for (const held of added.splice(0)) lines.push(held);
      lines.push(line);
    }
  }
  for (const held of added) lines.push(held);
  return { oldStart: hunk.newStart, newStart: hunk.oldStart, lines };
}

/** The hunk as text, as rejects are written. */
export function hunkText(hunk: Hunk): string {
  const count = (kind: string) => hunk.lines.filter((line) => line.kind !== kind).length;
  const range = (start: number, lines: number) => (lines === 1 ? `${start}` : `${start},${lines}`);
  const body = hunk.lines.map(({ kind, text }) =>
    text.endsWith('\n') ? kind + text : `${kind}${text}\n\\ No newline at end of file\n`,
  );
  return `@@ -${range(hunk.oldStart, count('+'))} +${range(hunk.newStart, count('-'))} @@\n${body.join('')}`;
}
