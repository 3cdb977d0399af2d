/** base64(1). */
import { concatBytes, decodeUtf8 } from '../../../base/index.ts';
import { readAll, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { complain, eachInput } from '../support.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648, section 4. */
export function encodeBase64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    out +=
      alphabet[word >> 18]! +
      alphabet[(word >> 12) & 63]! +
      (left > 1 ? alphabet[(word >> 6) & 63]! : '=') +
      (left > 2 ? alphabet[word & 63]! : '=');
  }
  return out;
}

function decode(text: string): Uint8Array | null {
  const clean = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean) || clean.length % 4 !== 0) return null;
  const parts: Uint8Array[] = [];
  for (let i = 0; i < clean.length; i += 4) {
    const values = [...clean.slice(i, i + 4)].map((char) => Math.max(0, alphabet.indexOf(char)));
    const word = (values[0]! << 18) | (values[1]! << 12) | (values[2]! << 6) | values[3]!;
    const padding = clean[i + 2] === '=' ? 2 : clean[i + 3] === '=' ? 1 : 0;
    parts.push(Uint8Array.of(word >> 16, (word >> 8) & 255, word & 255).subarray(0, 3 - padding));
  }
  return concatBytes(parts);
}

export const base64: CommandSpec = {
  name: 'base64',
  usage: '[OPTION]... [FILE]',
  summary: 'Encode or decode base64.',
  options: [
    { short: 'd', long: 'decode', help: 'decode' },
    {
      short: 'w',
      long: 'wrap',
      argument: 'COLS',
      help: 'lines of COLS characters (default 76; 0: one line)',
    },
  ],
  *run(parsed) {
    let bad = false;
    const status = yield* eachInput('base64', parsed.operands.slice(0, 1), function* (fd) {
      const bytes = yield* readAll(fd);
      if (parsed.has('decode')) {
        const decoded = decode(decodeUtf8(bytes));
        if (decoded === null) bad = true;
        else yield* writeAll(1, decoded);
        return;
      }
      const width = Number(parsed.value('wrap') ?? 76);
      const text = encodeBase64(bytes);
      yield* writeAll(1, width === 0 ? text : text.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'));
    });
    if (bad) yield* complain('base64', 'invalid input');
    return bad ? 1 : status;
  },
};
