import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { publishProgress } from '../../src/lab/storage/progress.ts';
import type { Report } from '../../src/lab/worker/protocol.ts';

const stored = new Map<string, string>();
let told = 0;

beforeEach(() => {
  stored.clear();
  told = 0;
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => void stored.set(key, text),
  });
  const page = new EventTarget();
  page.addEventListener('virtbook:progress', () => void told++);
  vi.stubGlobal('document', page);
});
afterEach(() => void vi.unstubAllGlobals());

const report = (points: number): Report => ({
  score: { points, of: 6 },
  checks: [],
  goals: [],
  worldHash: '',
});

const shown = () => JSON.parse(stored.get('virtbook.progress.x') ?? 'null');

test('work that was never checked counts as started; with a result its points are shown', () => {
  publishProgress('x', null);
  expect(shown()).toEqual({ state: 'started' });
  publishProgress('x', report(2));
  expect(shown()).toEqual({ state: 'started', points: 2, of: 6 });
});

test('what was reached is not forgotten by work that begins anew', () => {
  publishProgress('x', report(2));
  publishProgress('x', null);
  expect(shown()).toEqual({ state: 'started', points: 2, of: 6 });
  publishProgress('x', report(6));
  publishProgress('x', report(1));
  expect(shown()).toEqual({ state: 'passed', points: 6, of: 6 });
});

test('the page is told of what has changed, not of every save', () => {
  for (let save = 0; save < 3; save++) publishProgress('x', null);
  expect(told).toBe(1);
});
