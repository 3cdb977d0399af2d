/** The lines of tar -t and -v. */
import type { TarEntry } from '../../../oci/index.ts';
import { modeString } from '../modes.ts';
import { calendar, pad } from '../support.ts';
import { shown } from './tarNames.ts';

const formats = {
  file: 0o100000,
  link: 0o100000,
  dir: 0o040000,
  symlink: 0o120000,
  chr: 0o020000,
  blk: 0o060000,
  fifo: 0o010000,
} as const;

/** Makes the lines of one run; the columns grow with what they had to hold. */
export class Listing {
  #width = 19;
  readonly #numeric: boolean;
  readonly #fullTime: boolean;

  constructor(options: { numeric: boolean; fullTime: boolean }) {
    this.#numeric = options.numeric;
    this.#fullTime = options.fullTime;
  }

  /** The long form; `name` is the name to show, with a directory's slash. */
  line(entry: TarEntry, name: string): string {
    const mode = modeString(formats[entry.type] | entry.mode);
    const user = this.#numeric || entry.user === undefined ? `${entry.uid}` : entry.user;
    const group = this.#numeric || entry.group === undefined ? `${entry.gid}` : entry.group;
    const device = entry.type === 'chr' || entry.type === 'blk';
    const size = device
      ? `${entry.major},${entry.minor}`
      : `${entry.type === 'file' ? (entry.sparse?.size ?? entry.content.length) : 0}`;
    const owners = `${user}/${group}`;
    this.#width = Math.max(this.#width, owners.length + 1 + size.length);
    const target =
      entry.type === 'symlink'
        ? ` -> ${shown(entry.target)}`
        : entry.type === 'link'
          ? ` link to ${shown(entry.target)}`
          : '';
    const first = entry.type === 'link' ? `h${mode.slice(1)}` : mode;
    const sizes = size.padStart(this.#width - owners.length - 1);
    return `${first} ${owners} ${sizes} ${this.#time(entry.mtime)} ${shown(name)}${target}\n`;
  }

  #time(seconds: number): string {
    const { year, month, day, hour, minute, second } = calendar(seconds);
    const minutes = `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}`;
    return this.#fullTime ? `${minutes}:${pad(second)}` : minutes;
  }
}
