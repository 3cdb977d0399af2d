/** Quotes text so that the shell reads it back. */

const safe = /^[A-Za-z0-9_@%+:,./-]+$/;
const control = /[\0-\x1f\x7f]|[\udc80-\udcff](?<![\ud800-\udbff].)/;

/** `always`: quotes even where nothing needs it, as `${x@Q}` and `set` do. Control characters give `$'…'`. */
export function quoteWord(text: string, always = false): string {
  if (control.test(text)) return ansiQuote(text);
  if (!always && safe.test(text)) return text;
  return `'${text.replace(/'/g, "'\\''")}'`;
}

const names: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\x1b': '\\E',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
};

function ansiQuote(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.charCodeAt(0);
    const name = names[char];
    if (name !== undefined) out += name;
    else if (code < 0x20 || code === 0x7f) out += `\\${code.toString(8).padStart(3, '0')}`;
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\${(code - 0xdc00).toString(8).padStart(3, '0')}`;
    else out += char;
  }
  return `$'${out}'`;
}

/** With backslashes before special characters: printf %q, completion. */
export function backslashQuote(text: string): string {
  if (text === '') return "''";
  if (control.test(text)) return ansiQuote(text);
  return text.replace(/[^A-Za-z0-9_@%+:./=\u0080-\uffff-]/g, '\\$&').replace(/^~/, '\\~');
}
