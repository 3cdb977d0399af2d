/** Every terminal session that the chapters print is held by one of the tests `worked*.test.ts`: here stands which sections have some. */
import { expect, test } from 'vitest';
import { consoleBlocks } from '../support/consoleBlocks.ts';
import { pages } from '../support/siteChapters.ts';

const HELD: Readonly<Record<string, readonly string[]>> = {
  '01-virtual-machines.mdx': ['vm-what', 'vm-kvm', 'vm-disk-path', 'vm-create', 'vm-boot'],
  '02-images.mdx': ['img-raw', 'img-qcow2', 'img-cow'],
  '03-containers.mdx': ['con-made', 'disk-layers', 'disk-example', 'disk-volumes'],
};

test('a section with a terminal session is replayed', () => {
  for (const { file, headings } of pages) {
    const name = file.split('/').at(-1)!;
    const anchors = headings.flatMap(({ anchor }) => anchor ?? []);
    const shown =
      name === 'index.mdx' ? [] : anchors.filter((anchor) => consoleBlocks(name, anchor).length > 0);
    expect(shown, `in ${name}: replay what is new in tests/site/worked*.test.ts`).toEqual(HELD[name] ?? []);
  }
});
