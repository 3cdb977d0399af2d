/** The figure of the four walls: each attack was really made, and each strip says whose the aim was and that it was not reached. */
import { describe, expect, test } from 'vitest';
import { recordWalls, renderWalls } from '../../src/figures/walls/index.ts';

const walls = recordWalls();
const wall = (resource: string) => walls.find((each) => each.resource === resource)!;
const aimed = (resource: string) =>
  wall(resource)
    .pieces.filter(({ aimedAt }) => aimedAt)
    .map(({ owner, what }) => `${owner}: ${what}`);

describe('what was recorded', () => {
  test('one wall for each resource', () => {
    expect(walls.map(({ resource }) => resource)).toEqual(['Memory', 'Disk', 'Network', 'Processor']);
  });

  test('the address behind mallory’s RAM is where alice’s begins, and is a fault', () => {
    expect(wall('Memory').typed).toBe('peek 0x80800000');
    expect(aimed('Memory')).toEqual(['alice: from 0x80800000']);
    expect(wall('Memory').answer).toMatch(/access fault$/);
  });

  test('the sector behind mallory’s disk is alice’s first, and is an I/O error', () => {
    expect(wall('Disk').typed).toContain('skip=2048 ');
    expect(aimed('Disk')).toEqual(['alice: from sector 2048']);
    expect(wall('Disk').answer).toMatch(/Input\/output error$/);
  });

  test('mallory hears nothing of it that its frame went nowhere', () => {
    expect(wall('Network').answer).toMatch(/^sent 60 bytes from 52:54:00:00:00:0b/);
    expect(aimed('Network')).toEqual(['bob: port in VLAN 10']);
  });

  test('turns are as long for the one as for the other', () => {
    const turns = wall('Processor').pieces.map(({ owner, what }) => `${owner} ${what}`);
    expect(turns).toEqual(['mallory 2 ms', 'alice 2 ms', 'mallory 2 ms', 'alice 2 ms', 'mallory 2 ms']);
  });
});

test('as HTML: lists whose words say what the colours say', () => {
  const html = renderWalls(walls);
  expect(html.match(/<section /g)).toHaveLength(4);
  expect(html.match(/✗ not reached/g)).toHaveLength(3);
  expect(html).toContain('gets her turn');
});
