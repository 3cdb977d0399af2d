/** The figure of two containers over one image: what one has changed, the other does not see. */
import { expect, test } from 'vitest';
import { type Column, pile, renderPile } from '../../src/figures/pile/index.ts';

const word = ({ kind, ...cell }: Column['first']['sees']) =>
  'content' in cell ? cell.content.trimEnd().replaceAll('\n', ' ') : kind;

/** From above: sees, upper; the layers with who sees them; upper, sees. */
const rows = pile().map(({ path, first, layers, second }) => {
  const seen = layers.map(({ cell, shownIn }) => {
    const who = shownIn.flatMap((shown, index) => (shown ? [index + 1] : []));
    return `${word(cell)} (${who.join('+')})`;
  });
  const from = [word(first.sees), word(first.upper), ...seen, word(second.upper), word(second.sees)];
  return `${path}: ${from.join(' | ')}`;
});

test('each name from the one container down to the other', () => {
  expect(rows).toEqual([
    '/srv/sale.html: Summer sale | absent | Summer sale (1+2) | absent () | absent | Summer sale',
    '/etc/motd: Welcome! Closed today | Welcome! Closed today | absent () | Welcome! (2) | absent | Welcome!',
    '/etc/shop.conf: absent | whiteout | port=8080 (2) | port=80 () | absent | port=8080',
    '/srv/note.txt: draft | draft | absent () | absent () | absent | absent',
  ]);
});

test('as HTML: who sees a layer’s file stands in its cell, not in its colour alone', () => {
  const html = renderPile(pile());
  for (const note of ['seen by both', 'seen by 2', 'hidden', 'whiteout', 'not there'])
    expect(html).toContain(note);
  expect(html.match(/scope="rowgroup"/g)).toHaveLength(3);
});
