/** House rules for chapters: addresses, anchors, sources, links. */
import { describe, expect, test } from 'vitest';
import { pageId, sidebar } from '../../src/site/chapters.ts';
import { sources } from '../../src/site/sources.ts';
import { links, pages } from '../support/siteChapters.ts';

const parts = pages.filter(({ file }) => /^\d+-[\w-]+\/\d+-/.test(file));

describe('addresses', () => {
  test.each([
    ['index.mdx', 'index'],
    ['02-virtualization/index.mdx', 'virtualization'],
    ['02-virtualization/03-containers.mdx', 'virtualization/containers'],
  ])('%s → %s', (file, id) => {
    expect(pageId(file)).toBe(id);
  });

  test('the side bar lists every page', () => {
    const slugs = sidebar
      .flatMap((entry) => ('items' in entry ? entry.items : entry))
      .map(({ slug }) => slug);
    expect(slugs.toSorted()).toEqual(pages.map(({ id }) => id).toSorted());
  });

  test('there are five parts', () => {
    expect(parts).toHaveLength(5);
  });
});

describe.each(pages)('$file', ({ id, prose, headings }) => {
  test('every heading has an anchor of its own', () => {
    const anchors = headings.map(({ anchor }) => anchor);
    expect(anchors).not.toContain(null);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  test('headings start at level 2 and skip no level', () => {
    let last = 1;
    for (const { level, text } of headings) {
      expect(level, text).toBeGreaterThan(1);
      expect(level - last, text).toBeLessThanOrEqual(1);
      last = level;
    }
  });

  test('side notes have titles that tell them apart', () => {
    const titles = [...prose.matchAll(/^:::\w+(?:\[([^\]]*)\])?$/gm)].map(([, title]) => title ?? '');
    expect(titles).not.toContain('');
    expect(new Set(titles).size).toBe(titles.length);
  });

  test('links within the book lead somewhere', () => {
    for (const target of links(prose)) {
      if (/^https?:/.test(target)) continue;
      const [address = '', anchor] = target.split('#');
      const here = id === 'index' ? '/' : `/${id}/`;
      const there = new URL(address, `http://book${here}`).pathname.replace(/^\/|\/$/g, '') || 'index';
      const page = pages.find((candidate) => candidate.id === there);
      expect(page, target).toBeDefined();
      if (anchor !== undefined) {
        expect(
          page?.headings.map((heading) => heading.anchor),
          target,
        ).toContain(anchor);
      }
    }
  });
});

describe.each(parts)('$file, section by section', ({ sections }) => {
  const explaining = sections.filter(
    ({ anchor, body }) => !anchor.endsWith('-outline') && !/^## Questions/.test(body),
  );

  test.each(explaining)('$anchor names known sources', ({ body }) => {
    const [, list = ''] = /<Sources keys=\{\[([^\]]*)\]\} \/>/.exec(body) ?? [];
    const keys = [...list.matchAll(/'([^']+)'/g)].map(([, key = '']) => key);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(sources)).toContain(key);
  });
});

test('every source is cited somewhere', () => {
  const all = pages.map(({ prose }) => prose).join('\n');
  for (const key of Object.keys(sources)) expect(all, key).toContain(`'${key}'`);
});
