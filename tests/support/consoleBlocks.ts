/** Terminal sessions printed in a chapter: commands at a prompt, and what they print. */
import { readFileSync } from 'node:fs';

export interface Exchange {
  readonly command: string;
  readonly output: string;
}

export interface ConsoleBlock {
  /** `#`, `$`, or all of a prompt such as `root@web1:~#`. */
  readonly prompt: string;
  readonly exchanges: readonly Exchange[];
}

const PROMPT = /^(\S*[#$]) /;

/** The console blocks of a chapter's section, from the heading with this anchor to the next heading. */
export function consoleBlocks(file: string, anchor: string): ConsoleBlock[] {
  const chapter = readFileSync(
    new URL(`../../content/chapters/02-virtualization/${file}`, import.meta.url),
    'utf8',
  );
  const [, section = ''] = chapter.split(`{#${anchor}}`);
  const text = section.split(/^#{2,} (?=.*\{#)/m)[0] ?? '';
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = '']) => blockOf(block));
}

function blockOf(block: string): ConsoleBlock {
  const prompt = PROMPT.exec(block)?.[1];
  if (prompt === undefined) throw new Error(`a console block without a prompt: ${block}`);
  const exchanges: { command: string; output: string }[] = [];
  for (const line of block.split('\n').slice(0, -1)) {
    if (line.startsWith(`${prompt} `)) exchanges.push({ command: line.slice(prompt.length + 1), output: '' });
    else exchanges.at(-1)!.output += `${line}\n`;
  }
  return { prompt, exchanges };
}
