/** The map of the course's slides: each of the 29 leads to a heading that is there. */
import { describe, expect, test } from 'vitest';
import { slides } from '../../src/site/slides.ts';
import { pages } from '../support/siteChapters.ts';

describe('slides', () => {
  test('all 29 are mapped, in order', () => {
    expect(slides.map(({ slide }) => slide)).toEqual(Array.from({ length: 29 }, (_, index) => index + 1));
  });

  test.each(slides)('slide $slide ($title) is treated at $page#$anchor', ({ page, anchor }) => {
    const anchors = pages.find(({ id }) => id === page)?.headings.map((heading) => heading.anchor);
    expect(anchors).toContain(anchor);
  });

  test.each([
    [2, 'vm-outline'],
    [8, 'img-outline'],
    [13, 'con-outline'],
    [20, 'reg-outline'],
    [25, 'srv-outline'],
  ])('the outline on slide %i opens its part', (slide, anchor) => {
    const place = slides[slide - 1];
    expect(place?.anchor).toBe(anchor);
    const first = pages.find(({ id }) => id === place?.page)?.headings[0];
    expect(first?.anchor).toBe(anchor);
  });

  test('a part treats its slides in their order', () => {
    for (const page of pages) {
      const order = page.headings.map(({ anchor }) => anchor);
      const places = slides
        .filter((slide) => slide.page === page.id)
        .map(({ anchor }) => order.indexOf(anchor));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });
});
