/** Reads the chapters as an author wrote them: pages, headings with their anchors, links, components. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageId } from '../../src/site/chapters.ts';

const folder = fileURLToPath(new URL('../../content/chapters', import.meta.url));

export interface Heading {
  readonly level: number;
  readonly text: string;
  /** The fixed anchor, or null when the author gave none. */
  readonly anchor: string | null;
}

/** What stands between one heading of level 2 and the next. */
export interface Section {
  readonly anchor: string;
  readonly body: string;
}

export interface ChapterPage {
  readonly id: string;
  readonly file: string;
  /** Without code blocks, so that what is shown as an example is not taken for content. */
  readonly prose: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
}

function readPage(file: string): ChapterPage {
  const prose = readFileSync(path.join(folder, file), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  const headings = [...prose.matchAll(/^(#+) (.*?)(?: \{#([\w-]+)\})?$/gm)].map(
    ([, marks = '', text = '', anchor]) => ({ level: marks.length, text, anchor: anchor ?? null }),
  );
  const sections = prose
    .split(/^(?=## )/m)
    .slice(1)
    .map((body) => ({
      anchor: /\{#([\w-]+)\}/.exec(body)?.[1] ?? '',
      body,
    }));
  return { id: pageId(file), file, prose, headings, sections };
}

export const pages: readonly ChapterPage[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.mdx'))
  .sort()
  .map(readPage);

/** Attribute values of a component's uses, such as every `id` of `<Question id="…" />`. */
export function uses(text: string, component: string, attribute: string): string[] {
  const pattern = new RegExp(`<${component}\\b[^>]*?\\b${attribute}="([^"]*)"`, 'g');
  return [...text.matchAll(pattern)].map(([, value = '']) => value);
}

/** Targets of Markdown links. */
export function links(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}
