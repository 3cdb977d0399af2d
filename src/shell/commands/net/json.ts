/** JSON as iproute2's tools write it: `-j` on one line, `-p` with its own way of breaking lines. */

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json | undefined };

function text(value: Json, pretty: boolean, depth: number): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const indent = (levels: number) => (pretty ? `\n${'    '.repeat(levels)}` : '');
  const space = pretty ? ' ' : '';
  if (Array.isArray(value)) {
    const items = value.map((each) => text(each, pretty, depth + 1)).join(',');
    return items === '' ? `[${space}]` : `[${space}${items}${space}]`;
  }
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => `${indent(depth + 1)}"${key}":${space}${text(each!, pretty, depth + 1)}`);
  return `{${members.join(',')}${indent(depth)}}`;
}

export interface JsonOptions {
  readonly json: boolean;
  /** -p, which alone changes nothing. */
  readonly pretty: boolean;
}

export const jsonText = (value: Json, { pretty }: JsonOptions) => `${text(value, pretty, 0)}\n`;
