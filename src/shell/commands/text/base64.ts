/** base64(1). */
import { decodeUtf8, fromBase64, toBase64 } from '../../../base/index.ts';
import { readAll, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { complain, eachInput } from '../support.ts';

function decode(text: string): Uint8Array | null {
  const clean = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean) || clean.length % 4 !== 0) return null;
  return fromBase64(clean);
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
      const text = toBase64(bytes);
      yield* writeAll(1, width === 0 ? text : text.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'));
    });
    if (bad) yield* complain('base64', 'invalid input');
    return bad ? 1 : status;
  },
};
