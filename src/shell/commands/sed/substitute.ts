/** The `s` command: its replacement, and what it makes of a text. */
import type { Sys } from '../../../linux/index.ts';
import { chargeSteps, type Regex, type RegexMatch } from '../../regex/index.ts';
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

function filledIn(parts: readonly ReplacementPart[], match: RegexMatch): string {
  const writer = new CaseWriter();
  for (const part of parts) {
    if ('text' in part) writer.write(part.text);
    else if ('group' in part) writer.write(match.groups[part.group] ?? '');
    else writer.turn(part.turn);
  }
  return writer.text;
}

/** `text` after the substitution; null when nothing was replaced. */
export function* substitute(text: string, pattern: Regex, command: Substitution): Sys<string | null> {
  let out = '';
  let copied = 0;
  let count = 0;
  let replaced = false;
  for (const match of pattern.matches(text)) {
    yield* chargeSteps(pattern);
    if (++count < command.from) continue;
    out += text.slice(copied, match.index) + filledIn(command.replacement, match);
    copied = match.end;
    replaced = true;
    if (!command.all) break;
  }
  yield* chargeSteps(pattern);
  return replaced ? out + text.slice(copied) : null;
}
