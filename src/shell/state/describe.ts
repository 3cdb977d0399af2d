/** How variables are listed: `declare -p`, `set`, `export -p`. */
import { quoteWord } from '../expand/quote.ts';
import type { Variable } from './variables.ts';

/** The letters of `declare` that describe a variable, in bash's order. */
export function attributeLetters(variable: Variable): string {
  const { value } = variable;
  const kind = value !== null && typeof value === 'object' ? (value.kind === 'indexed' ? 'a' : 'A') : '';
  return [
    kind,
    variable.integer ? 'i' : '',
    variable.case === 'lower' ? 'l' : '',
    variable.nameref ? 'n' : '',
    variable.readonly ? 'r' : '',
    variable.case === 'upper' ? 'u' : '',
    variable.exported ? 'x' : '',
  ].join('');
}

function doubleQuote(text: string): string {
  const quoted = quoteWord(text, true);
  return quoted.startsWith('$') ? quoted : `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}

/** `declare -x PATH="/bin"` */
export function declaration(name: string, variable: Variable): string {
  const head = `declare -${attributeLetters(variable) || '-'} ${name}`;
  const { value } = variable;
  if (value === null) return head;
  if (typeof value === 'string') return `${head}=${doubleQuote(value)}`;
  const items = value.keys().map((key) => `[${quoteKey(key)}]=${doubleQuote(value.get(key)!)}`);
  if (value.kind === 'associative') return `${head}=(${items.map((item) => `${item} `).join('')})`;
  return `${head}=(${items.join(' ')})`;
}

function quoteKey(key: string): string {
  return /^[A-Za-z0-9_.-]+$/.test(key) ? key : doubleQuote(key);
}

/** `name=value` as `set` lists it. */
export function setLine(name: string, variable: Variable): string | null {
  const { value } = variable;
  if (value === null) return null;
  if (typeof value === 'string') return `${name}=${value === '' ? '' : quoteWord(value)}`;
  const items = value.keys().map((key) => `[${quoteKey(key)}]=${doubleQuote(value.get(key)!)}`);
  if (value.kind === 'associative') return `${name}=(${items.map((item) => `${item} `).join('')})`;
  return `${name}=(${items.join(' ')})`;
}
