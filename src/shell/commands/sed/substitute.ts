/** The `s` command: its replacement, and what it makes of a text. */
import type { ReplacementPart, Substitution } from './syntax.ts';

/** The replacement's parts; `fail` is called with a message for what cannot be. */
export function replacementOf(
  text: string,
  groups: number,
  fail: (message: string) => never,
): ReplacementPart[] {
  const parts: ReplacementPart[] = [];
  const literal = (piece: string) => {
    const last = parts.at(-1);
    if (last !== undefined && 'text' in last) parts[parts.length - 1] = { text: last.text + piece };
    else parts.push({ text: piece });
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '&') parts.push({ group: 0 });
    else if (char !== '\\') literal(char);
    else {
      const next = text[++i] ?? '\\';
      if (/[0-9]/.test(next)) {
        if (Number(next) > groups) fail(`invalid reference \\${next} on \`s' command's RHS`);
        parts.push({ group: Number(next) });
      } else if (/[ULEul]/.test(next)) parts.push({ turn: next as 'U' });
      else literal(next === 'n' ? '\n' : next === 't' ? '\t' : next);
    }
  }
  return parts;
}

/** How many groups an expression has. */
export function groupsOf(pattern: RegExp): number {
  return new RegExp(`${pattern.source}|`, pattern.flags).exec('')!.length - 1;
}

/** Puts texts together while `\U`, `\l` and the like are in force. */
class CaseWriter {
  text = '';
  #all: 'U' | 'L' | 'E' = 'E';
  #one: 'u' | 'l' | null = null;

  turn(to: 'U' | 'L' | 'E' | 'u' | 'l'): void {
    if (to === 'u' || to === 'l') this.#one = to;
    else {
      this.#all = to;
      this.#one = null;
    }
  }

  write(piece: string): void {
    if (piece === '') return;
    let out = this.#all === 'U' ? piece.toUpperCase() : this.#all === 'L' ? piece.toLowerCase() : piece;
    if (this.#one !== null) {
      const first = String.fromCodePoint(out.codePointAt(0)!);
      out = (this.#one === 'u' ? first.toUpperCase() : first.toLowerCase()) + out.slice(first.length);
      this.#one = null;
    }
    this.text += out;
  }
}

function filledIn(parts: readonly ReplacementPart[], match: RegExpExecArray): string {
  const writer = new CaseWriter();
  for (const part of parts) {
    if ('text' in part) writer.write(part.text);
    else if ('group' in part) writer.write(match[part.group] ?? '');
    else writer.turn(part.turn);
  }
  return writer.text;
}

/** `text` after the substitution; null when nothing was replaced. */
export function substitute(text: string, pattern: RegExp, command: Substitution): string | null {
  let out = '';
  let copied = 0;
  let count = 0;
  let replaced = false;
  let lastEnd = -1;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const end = match.index + match[0].length;
    // An empty match right behind the match before is none: s/b*/x/g makes xaxcx of abc.
    const counts = match[0] !== '' || match.index !== lastEnd;
    lastEnd = end;
    if (counts && ++count >= command.from) {
      out += text.slice(copied, match.index) + filledIn(command.replacement, match);
      copied = end;
      replaced = true;
      if (!command.all) break;
    }
    if (match[0] === '') pattern.lastIndex++;
  }
  return replaced ? out + text.slice(copied) : null;
}
