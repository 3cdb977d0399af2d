/** Whether what the learner's functions give is an answer at all: asked by the checks and by the mounted file system. */
import type { Json } from '../../../src/exercise/index.ts';

function shortText(value: Json): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Why `value` is no answer of `lookup`, for a sentence that begins with its name; null when it is one. */
export function wrongEntry(value: Json): string | null {
  if (value === null) return null;
  const { kind, mode, content } = value as Readonly<Record<string, Json | undefined>>;
  if (kind === 'whiteout') return 'gave the whiteout itself, which nobody can see';
  if (typeof mode === 'number' && (kind === 'dir' || (kind === 'file' && typeof content === 'string')))
    return null;
  return `gave ${shortText(value)}, which is neither an entry nor null`;
}

/** The same for `readdir`. */
export function wrongNames(value: Json): string | null {
  if (!Array.isArray(value)) return `gave ${shortText(value)}, which is no list of names`;
  const wrong = value.find((name) => typeof name !== 'string' || !isName(name));
  return wrong === undefined ? null : `gave ${shortText(wrong)} in its list, which is no name`;
}

const isName = (name: string) => name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
