/** The two stacks: the recorded write is what the type 1 stack shows, and the guest's part is the same in both. */
import { describe, expect, test } from 'vitest';
import { type Hop, hops, renderHops, renderStacks, STACKS } from '../../src/figures/stack/index.ts';

const all = hops();
const of = (kind: Hop['stack']) => all.filter(({ stack }) => stack === kind);
const layers = (kind: Hop['stack']) => of(kind).map(({ layer }) => layer);

describe('hops', () => {
  test('type 1: down to the hardware and back, each stop with what was recorded', () => {
    expect(layers('type 1')).toEqual([
      'Program',
      'Guest’s kernel',
      'Hypervisor',
      'Hardware',
      'Hypervisor',
      'Guest’s kernel',
    ]);
    for (const { recorded } of of('type 1')) expect(recorded.length).toBeGreaterThan(0);
  });

  test('type 2: every step leads to a layer beside the one before, or out of the guest into the host’s kernel', () => {
    const order = STACKS['type 2'];
    const visited = layers('type 2').map((layer) => order.indexOf(layer));
    expect(visited).not.toContain(-1);
    for (let index = 1; index < visited.length; index++) {
      const [from, to] = [visited[index - 1]!, visited[index]!];
      const acrossTheBorder = [from, to].sort().join() === '1,3';
      expect(acrossTheBorder || Math.abs(from - to) === 1, `step ${index}`).toBe(true);
    }
  });

  test('the guest does the same in both', () => {
    const guest = (kind: Hop['stack']) =>
      of(kind)
        .filter(({ layer }) => layer === 'Program' || layer === 'Guest’s kernel')
        .map(({ recorded }) => recorded);
    expect(guest('type 2')).toEqual(guest('type 1'));
  });
});

test('as HTML: each hop is lit in its layer once', () => {
  const html = renderStacks(all);
  const lit = [...html.matchAll(/data-at="([^"]*)"/g)].flatMap(([, at = '']) => at.split(' ').map(Number));
  expect(lit.sort((a, b) => a - b)).toEqual(all.map((_, index) => index));
  expect(renderHops(all)).toHaveLength(all.length);
});
