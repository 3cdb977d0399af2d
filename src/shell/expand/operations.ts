/** What the operators of `${ … }` do to a text: trimming, replacing, changing case, transforming. */
import type { Sys } from '../../linux/index.ts';
import { attributeLetters } from '../state/describe.ts';
import type { Shell } from '../state/shell.ts';
import { decodeEscapes } from '../syntax/ansiC.ts';
import type { ParameterOperation } from '../syntax/ast.ts';
import { normalizeText } from '../text.ts';
import type { ParameterValue } from './parameter.ts';
import { Pattern } from './pattern.ts';
import { quoteWord } from './quote.ts';

type TextFunction = (text: string) => string;

/** Expands the operator's words once and returns what it does to each text. */
export function* applyOperation(shell: Shell, operation: ParameterOperation): Sys<TextFunction> {
  const options = {
    extglob: shell.options.shopt('extglob'),
    ignoreCase: shell.options.shopt('nocasematch'),
  };
  switch (operation.type) {
    case 'trim': {
      const pattern = new Pattern(yield* shell.expander.pattern(shell, operation.pattern), {
        extglob: options.extglob,
      });
      return (text) => trim(text, operation.op, pattern);
    }
    case 'replace': {
      const text = yield* shell.expander.pattern(shell, operation.pattern);
      const replacement = yield* shell.expander.text(shell, operation.replacement);
      if (text === '' && operation.op !== '/#' && operation.op !== '/%') return (value) => value;
      const pattern = new Pattern(text, options);
      return (value) => replace(value, operation.op, pattern, replacement);
    }
    case 'case': {
      const text = yield* shell.expander.pattern(shell, operation.pattern);
      const pattern = new Pattern(text === '' ? '?' : text, { extglob: options.extglob });
      return (value) => changeCase(value, operation.op, pattern);
    }
    case 'transform':
      return (value) => transform(value, operation.op);
    default:
      return (value) => value;
  }
}

function trim(text: string, op: '#' | '##' | '%' | '%%', pattern: Pattern): string {
  if (op === '#' || op === '##') {
    const end = pattern.matchAt(text, 0, op === '##');
    return end < 0 ? text : text.slice(end);
  }
  if (op === '%%') {
    for (let i = 0; i <= text.length; i++) if (pattern.matchesFrom(text, i)) return text.slice(0, i);
  } else {
    for (let i = text.length; i >= 0; i--) if (pattern.matchesFrom(text, i)) return text.slice(0, i);
  }
  return text;
}

function replace(text: string, op: '/' | '//' | '/#' | '/%', pattern: Pattern, replacement: string): string {
  if (op === '/#') {
    const end = pattern.matchAt(text, 0, true);
    return end < 0 ? text : replacement + text.slice(end);
  }
  if (op === '/%') {
    for (let i = 0; i <= text.length; i++)
      if (pattern.matchesFrom(text, i)) return text.slice(0, i) + replacement;
    return text;
  }
  let out = '';
  for (let i = 0; i <= text.length; ) {
    const end = pattern.matchAt(text, i, true);
    if (end > i || (end === i && text === '')) {
      out += replacement;
      i = end;
      if (op === '/' || text === '') return out + text.slice(i);
    } else if (i < text.length) out += text[i++];
    else break;
  }
  return out;
}

function changeCase(text: string, op: '^' | '^^' | ',' | ',,', pattern: Pattern): string {
  const change = (char: string) => (op.startsWith('^') ? char.toUpperCase() : char.toLowerCase());
  return [...text]
    .map((char, i) => ((i === 0 || op.length === 2) && pattern.matches(char) ? change(char) : char))
    .join('');
}

function transform(text: string, op: string): string {
  switch (op) {
    case 'Q':
      return quoteWord(text, true);
    case 'U':
      return text.toUpperCase();
    case 'u':
      return text.slice(0, 1).toUpperCase() + text.slice(1);
    case 'L':
      return text.toLowerCase();
    case 'E':
      return normalizeText(decodeEscapes(text, 'quote').text);
    default:
      return text;
  }
}

/** `${x@a}`, `${x@A}`, `${x@K}`, `${x@k}`: about the variable, not its text; null for the other transformations. */
export function describeVariable(
  shell: Shell,
  name: string,
  op: string,
  value: ParameterValue,
): ParameterValue | null {
  const variable = shell.variables.lookup(name);
  const letters = variable === undefined ? '' : attributeLetters(variable);
  if (op === 'a') return { kind: 'text', text: letters };
  if (op === 'A') {
    if (value.kind !== 'text') return value.kind === 'unset' ? value : null;
    const assignment = `${name}=${quoteWord(value.text, true)}`;
    return { kind: 'text', text: letters === '' ? assignment : `declare -${letters} ${assignment}` };
  }
  if ((op === 'K' || op === 'k') && value.kind === 'list') {
    const stored = variable?.value;
    const keys = stored !== null && typeof stored === 'object' ? stored.keys() : ['0'];
    const pairs = value.items.flatMap((item, i) => [keys[i]!, op === 'K' ? quoteDouble(item) : item]);
    if (op === 'k') return { ...value, items: pairs };
    return { kind: 'text', text: pairs.join(' ') };
  }
  return null;
}

function quoteDouble(text: string): string {
  return `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}
