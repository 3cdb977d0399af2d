/** Model answers: prose with a figure, one of the book's or a drawing in characters. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../content/exercises/', import.meta.url));
const FIGURE = /^import (\w+) from '(?:\.\.\/)+src\/figures\/[\w/]+\.astro';$/gm;
/** A block of text with lines or arrows in it. */
const DRAWING = /^```text\n[^`]*[─│▶▼┌├][^`]*^```$/m;

/** What a reader of the answer sees drawn. */
function drawn(answer: string): string[] {
  const figures = [...answer.matchAll(FIGURE)].map(([, name = '']) => name);
  return [
    ...figures.filter((name) => answer.includes(`\n<${name} `)),
    ...(DRAWING.test(answer) ? ['drawing'] : []),
  ];
}

describe('every answer has a figure', () => {
  test.each(readdirSync(folder))('%s', (id) => {
    expect(drawn(readFileSync(`${folder}${id}/answer.mdx`, 'utf8'))).not.toEqual([]);
  });
});
