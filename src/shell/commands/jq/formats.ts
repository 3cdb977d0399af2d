/** `@base64` and its kin, which are also what strings with `\(…)` are put together by. */
import { decodeUtf8, encodeUtf8, fromBase64, toBase64 } from '../../../base/index.ts';
import { described, isArray, JqError, text, type Value } from './values.ts';

export const stringOf = (value: Value): string => (typeof value === 'string' ? value : text(value));

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&quot;',
};

function row(value: Value, name: string, separator: string, quote: (cell: string) => string): string {
  if (!isArray(value))
    throw new JqError(`${described(value)} cannot be ${name}-formatted, only an array can be`);
  return value
    .map((cell) => {
      if (typeof cell === 'string') return quote(cell);
      if (cell === null) return '';
      if (typeof cell === 'object') throw new JqError(`${described(cell)} is not valid in a csv row`);
      return text(cell);
    })
    .join(separator);
}

function shell(value: Value): string {
  const word = (one: Value): string => {
    if (typeof one === 'string') return `'${one.replaceAll("'", "'\\''")}'`;
    if (one !== null && typeof one === 'object')
      throw new JqError(`${described(one)} can not be escaped for shell`);
    return text(one);
  };
  return isArray(value) ? value.map(word).join(' ') : word(value);
}

const FORMATS: Readonly<Record<string, (value: Value) => string>> = {
  text: stringOf,
  json: (value) => text(value),
  html: (value) => stringOf(value).replace(/[<>&'"]/g, (char) => HTML[char]!),
  uri: (value) =>
    encodeURIComponent(stringOf(value)).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  csv: (value) => row(value, 'csv', ',', (cell) => `"${cell.replaceAll('"', '""')}"`),
  tsv: (value) =>
    row(value, 'tsv', '\t', (cell) =>
      cell.replace(/[\\\t\n\r]/g, (char) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[char]!),
    ),
  sh: shell,
  base64: (value) => toBase64(encodeUtf8(stringOf(value))),
  base64d: (value) => {
    const bytes = fromBase64(stringOf(value).replace(/=+$/, ''));
    if (bytes === null) throw new JqError(`${described(value)} is not valid base64 data`);
    return decodeUtf8(bytes);
  },
};

export const isFormat = (name: string): boolean => Object.hasOwn(FORMATS, name);

export function formatted(name: string, value: Value): string {
  return FORMATS[name]!(value);
}
