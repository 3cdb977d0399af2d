/** What is mounted, as /proc tells it. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys } from '../../../linux/index.ts';
import { linesOf } from '../support.ts';

export interface MountLine {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: string;
}

export function* mounted(): Sys<MountLine[]> {
  const plain = (text = '') =>
    text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return linesOf(decodeUtf8(yield* readFile('/proc/self/mounts'))).map((line) => {
    const [source, target, type = '', options = ''] = line.split(' ');
    return { source: plain(source), target: plain(target), type, options };
  });
}
