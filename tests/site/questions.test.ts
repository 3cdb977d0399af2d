/** The fifteen questions: their ids, their slides, and that each stands in its place in the text. */
import { describe, expect, test } from 'vitest';
import { questionOf, questions } from '../../src/site/questions.ts';
import { slides } from '../../src/site/slides.ts';
import { pages, uses } from '../support/siteChapters.ts';

/** Slide with questions → the ids of its questions in their order. */
const bySlide = new Map([
  [7, ['vm-isolation', 'vm-disk-write', 'vm-network-write', 'vm-create', 'vm-boot']],
  [12, ['image-portability']],
  [
    19,
    [
      'container-isolation',
      'container-disk-write',
      'container-network-write',
      'container-create',
      'container-start',
      'container-layers',
    ],
  ],
  [24, ['registry-choice']],
  [29, ['serverless-deploy', 'serverless-limits']],
]);

describe('questions', () => {
  test.each([...bySlide])('slide %i', (slide, ids) => {
    expect(questions.filter((question) => question.slide === slide).map(({ id }) => id)).toEqual(ids);
  });

  test('there are fifteen, with wording of a sentence at least', () => {
    expect(questions).toHaveLength(15);
    for (const { wording } of questions) expect(wording).toMatch(/^[A-Z].{40,}\?|^[A-Z].{40,}\.$/s);
  });

  test.each([...bySlide])(
    'those of slide %i stand, in order, in the section the slide is mapped to',
    (slide, ids) => {
      const place = slides[slide - 1]!;
      const section = pages
        .find(({ id }) => id === place.page)
        ?.sections.find(({ anchor }) => anchor === place.anchor);
      expect(uses(section?.body ?? '', 'Question', 'id')).toEqual(ids);
    },
  );

  test('each is asked once', () => {
    const asked = pages.flatMap(({ prose }) => uses(prose, 'Question', 'id'));
    expect(asked.toSorted()).toEqual(questions.map(({ id }) => id).toSorted());
  });

  test('an unknown id is refused by name', () => {
    expect(() => questionOf('vm-teleport')).toThrow('there is no question "vm-teleport"');
  });
});
