/** Brace expansion: the first expansion, on the word as written (the bash manual, "Brace Expansion"). */
import type { Word, WordPart } from '../syntax/ast.ts';

type Atom = string | WordPart;

/** A sequence longer than this is refused, as bash refuses what memory cannot hold. */
const MAX_ELEMENTS = 1_000_000;
/** Braces in braces, or behind each other, in one word. */
const DEEPEST = 1000;

export class BraceError extends Error {}

/** The words that `word` stands for; itself when it has no braces to expand. */
export function expandBraces(word: Word): readonly Word[] {
  if (!word.parts.some((part) => part.type === 'literal' && part.text.includes('{'))) return [word];
  const atoms = word.parts.flatMap((part): Atom[] => (part.type === 'literal' ? [...part.text] : [part]));
  const expanded = expandAtoms(atoms);
  if (expanded.length === 1) return [word];
  return expanded.map((one) => ({ parts: join(one), text: word.text }));
}

function join(atoms: readonly Atom[]): WordPart[] {
  const parts: WordPart[] = [];
  let text = '';
  for (const atom of atoms) {
    if (typeof atom === 'string') {
      text += atom;
      continue;
    }
    if (text !== '') parts.push({ type: 'literal', text });
    text = '';
    parts.push(atom);
  }
  if (text !== '') parts.push({ type: 'literal', text });
  return parts;
}

function expandAtoms(atoms: readonly Atom[], depth = 0): Atom[][] {
  if (depth > DEEPEST) throw new BraceError('brace expansion: braces nested too deeply');
  for (let open = 0; open < atoms.length; open++) {
    if (atoms[open] !== '{') continue;
    const close = matching(atoms, open);
    if (close < 0) continue;
    const alternatives = alternativesOf(atoms.slice(open + 1, close), depth + 1);
    if (alternatives === null) continue;
    const before = atoms.slice(0, open);
    const rests = expandAtoms(atoms.slice(close + 1), depth + 1);
    if (alternatives.length * rests.length > MAX_ELEMENTS) {
      throw new BraceError(`brace expansion: failed to allocate memory for ${alternatives.length} elements`);
    }
    return alternatives.flatMap((middle) => rests.map((rest) => [...before, ...middle, ...rest]));
  }
  return [[...atoms]];
}

function matching(atoms: readonly Atom[], open: number): number {
  let depth = 0;
  for (let i = open; i < atoms.length; i++) {
    if (atoms[i] === '{') depth++;
    else if (atoms[i] === '}' && --depth === 0) return i;
  }
  return -1;
}

function alternativesOf(content: readonly Atom[], depth: number): Atom[][] | null {
  const pieces: Atom[][] = [[]];
  let open = 0;
  for (const atom of content) {
    if (atom === '{') open++;
    else if (atom === '}') open--;
    if (atom === ',' && open === 0) pieces.push([]);
    else pieces.at(-1)!.push(atom);
  }
  if (pieces.length > 1) return pieces.flatMap((piece) => expandAtoms(piece, depth));
  if (!content.every((atom) => typeof atom === 'string')) return null;
  return sequence(content.join(''))?.map((text) => [...text]) ?? null;
}

/** `{1..5}`, `{a..e}`, `{01..10..3}`. */
function sequence(text: string): string[] | null {
  const numeric = /^([+-]?\d+)\.\.([+-]?\d+)(?:\.\.([+-]?\d+))?$/.exec(text);
  if (numeric !== null) return numbers(numeric[1]!, numeric[2]!, Number(numeric[3] ?? 1));
  const letters = /^([A-Za-z])\.\.([A-Za-z])(?:\.\.([+-]?\d+))?$/.exec(text);
  if (letters === null) return null;
  const codes = range(letters[1]!.charCodeAt(0), letters[2]!.charCodeAt(0), Number(letters[3] ?? 1));
  return codes.map((code) => String.fromCharCode(code));
}

function numbers(first: string, last: string, step: number): string[] {
  const padded = [first, last].some((text) => /^-?0\d/.test(text));
  const width = padded ? Math.max(first.length, last.length) : 0;
  return range(Number(first), Number(last), step).map((value) => {
    const digits = String(Math.abs(value));
    return value < 0 ? `-${digits.padStart(width - 1, '0')}` : digits.padStart(width, '0');
  });
}

function range(first: number, last: number, step: number): number[] {
  const size = Math.abs(step) || 1;
  const count = Math.floor(Math.abs(last - first) / size) + 1;
  if (count > MAX_ELEMENTS) {
    throw new BraceError(`brace expansion: failed to allocate memory for ${count} elements`);
  }
  const direction = last >= first ? size : -size;
  return Array.from({ length: count }, (_, i) => first + i * direction);
}
