/** What the word at the cursor is part of: the command, the words before it, its quoting. */

export interface CompletionContext {
  /** Where the word starts, in UTF-16 units of the line. */
  readonly start: number;
  /** The word without its quoting. */
  readonly word: string;
  /** The quote that is open at the cursor. */
  readonly quote: '"' | "'" | null;
  /** Words of the same simple command before this one; empty when this one is the command. */
  readonly before: readonly string[];
  /** The word stands after `<` or `>`. */
  readonly redirection: boolean;
}

const reserved = new Set('if then else elif while until do ! { time'.split(' '));
/** Commands whose operand is a command with its own arguments. */
const prefixes = new Set('command exec builtin sudo nohup env time nice watch xargs'.split(' '));

/** Reads the line up to the cursor as the shell would, without caring for what is wrong in it. */
export function completionContext(line: string): CompletionContext {
  let before: string[] = [];
  let redirection = false;
  let word = '';
  let start = 0;
  let quote: '"' | "'" | null = null;
  let inWord = false;
  const finish = () => {
    if (!inWord) return;
    const assignment = before.length === 0 && /^[A-Za-z_]\w*=/.test(word);
    const skipped = before.length === 0 && (reserved.has(word) || prefixes.has(word));
    if (redirection) redirection = false;
    else if (!assignment && !skipped) before.push(word);
    word = '';
    inWord = false;
  };
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (char === '\\' && quote === '"' && '"\\$`'.includes(line[i + 1] ?? '')) word += line[++i];
      else word += char;
      continue;
    }
    if (/[\s;&|<>()]/.test(char)) {
      finish();
      if (/[;&|(\n]/.test(char)) before = [];
      if (char === '(' || char === ')') before = [];
      redirection = char === '<' || char === '>' || (redirection && /\s/.test(char));
      start = i + 1;
      continue;
    }
    if (!inWord) start = i;
    inWord = true;
    if (char === '"' || char === "'") quote = char;
    else if (char === '\\') word += line[++i] ?? '';
    else word += char;
  }
  return { start: inWord ? start : line.length, word, quote, before, redirection };
}
