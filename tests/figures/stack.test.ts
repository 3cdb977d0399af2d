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

  test('type 2: from the host’s kernel up to the VM’s process, down again for the write, and the same way back', () => {
    const host = ['Host’s kernel', 'VM’s process', 'Host’s kernel'];
    expect(layers('type 2')).toEqual([
      'Program',
      'Guest’s kernel',
      ...host,
      'Hardware',
      ...host,
      'Guest’s kernel',
    ]);
    for (const layer of layers('type 2')) expect(STACKS['type 2']).toContain(layer);
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
