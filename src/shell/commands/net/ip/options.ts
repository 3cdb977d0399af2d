/** What ip's options before the object say, and how lines are put together. */
import type { Sys } from '../../../../linux/index.ts';
import type { JsonOptions } from '../json.ts';
import type { Words } from '../words.ts';

export interface IpOptions extends JsonOptions {
  /** -br */
  readonly brief: boolean;
  /** -d */
  readonly details: boolean;
  /** How often -s was given. */
  readonly statistics: number;
  /** -o: the lines of one thing become one line. */
  readonly oneline: boolean;
  /** -t and -ts, of `ip monitor`. */
  readonly timestamps: 'long' | 'short' | null;
}

/** A command of ip, for one object. */
export type IpObject = (words: Words, options: IpOptions, env: ReadonlyMap<string, string>) => Sys<number>;

/** The lines of one thing as they are printed. */
export function block(lines: readonly string[], { oneline }: IpOptions): string {
  return `${lines.join(oneline ? '\\' : '\n')}\n`;
}
