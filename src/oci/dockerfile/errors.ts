/** A Dockerfile that cannot be read or carried out, in the words of BuildKit's frontend. */
export class DockerfileError extends Error {
  /** Lines of the instruction, from 1; 0 when it is about the file as a whole. */
  readonly line: number;
  readonly endLine: number;
  constructor(message: string, line = 0, endLine: number = line) {
    super(message);
    this.name = 'DockerfileError';
    this.line = line;
    this.endLine = endLine;
  }

  /** The same complaint about other lines, unless it knows its own. */
  at(line: number, endLine: number = line): DockerfileError {
    return this.line > 0 ? this : new DockerfileError(this.message, line, endLine);
  }
}

/** Runs `body`; what it complains of is about the lines given. */
export function located<T>(line: number, endLine: number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof DockerfileError) throw error.at(line, endLine);
    throw error;
  }
}

/** How many letters must be inserted, deleted or replaced to come from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) {
      const replaced = row[k - 1]! + (a[i - 1] === b[k - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[k]! + 1, next[k - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** ` (did you mean RUN?)` when one of `options` is at most two letters away; case does not count with `anyCase`. */
export function suggestion(word: string, options: readonly string[], anyCase = false): string {
  const plain = (text: string) => (anyCase ? text.toLowerCase() : text);
  let best = '';
  let least = 3;
  for (const option of options) {
    const far = distance(plain(word), plain(option));
    if (far === 0) return '';
    if (far < least) {
      least = far;
      best = option;
    }
  }
  if (best === '') return '';
  const shown = anyCase && word === word.toLowerCase() ? best.toLowerCase() : best;
  return ` (did you mean ${shown}?)`;
}
