/** What is mounted, as /proc tells it. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys } from '../../../linux/index.ts';
import { linesOf } from '../support.ts';

const plain = (text = '') =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export interface MountLine {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: string;
}

export function* mounted(): Sys<MountLine[]> {
  return linesOf(decodeUtf8(yield* readFile('/proc/self/mounts'))).map((line) => {
    const [source, target, type = '', options = ''] = line.split(' ');
    return { source: plain(source), target: plain(target), type, options };
  });
}

/** Of mountinfo, proc_pid_mountinfo(5). */
export interface MountInfo {
  readonly id: number;
  readonly parent: number;
  readonly device: string;
  readonly root: string;
  readonly target: string;
  readonly vfs: string;
  readonly fields: string;
  readonly type: string;
  readonly source: string;
  readonly fs: string;
}

/** A line of mountinfo. */
export function mountInfoOf(line: string): MountInfo {
  const [before = '', after = ''] = line.split(' - ');
  const [id, parent, device = '', root, target, vfs = '', ...fields] = before.split(' ');
  const [type = '', source, fs = ''] = after.split(' ');
  return {
    ...{ id: Number(id), parent: Number(parent), device, root: plain(root), target: plain(target), vfs },
    ...{ fields: fields.join(' '), type, source: plain(source), fs },
  };
}
