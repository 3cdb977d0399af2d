import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LastCopy } from '../../src/lab/storage/lastCopy.ts';
import { WORK_FORMAT, type Work } from '../../src/lab/storage/records.ts';

const stored = new Map<string, string>();
/** Characters that the browser gives. */
let room = Number.POSITIVE_INFINITY;

beforeEach(() => {
  stored.clear();
  room = Number.POSITIVE_INFINITY;
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (text.length > room) throw new DOMException('full', 'QuotaExceededError');
      stored.set(key, text);
    },
    removeItem: (key: string) => void stored.delete(key),
  });
});
afterEach(() => void vi.unstubAllGlobals());

const work = (savedAt: number, text: string, change: Partial<Work> = {}): Work => ({
  format: WORK_FORMAT,
  exerciseId: 'x',
  contentHash: 'c',
  seed: 's',
  files: { 'a.ts': text },
  transcript: { inputs: ['long enough to matter here'] } as never,
  explanation: '',
  report: null,
  reached: { predicted: false, usedTerminal: false, submitted: false, stale: false },
  savedAt,
  ...change,
});
const copied = () => new LastCopy('x');

describe('the copy of what was typed last', () => {
  test('is found by the next page, where it is newer than what is stored', () => {
    copied().keep(work(2, 'last'));
    expect(copied().newer(work(1, 'stored'))).toEqual(work(2, 'last'));
    expect(copied().newer(null)).toEqual(work(2, 'last'));
    expect(copied().newer(work(3, 'stored'))).toEqual(work(3, 'stored'));
  });

  test('goes when the database has as much, and not before', () => {
    const copy = copied();
    copy.keep(work(2, 'last'));
    copy.written(1);
    expect(stored.size).toBe(1);
    copy.written(2);
    expect(stored.size).toBe(0);
    copied().keep(work(2, 'last'));
    const next = copied();
    next.newer(null);
    next.written(5);
    expect(stored.size).toBe(0);
  });

  test('leaves the session record out where there is no room; the one that is stored goes on then', () => {
    room = JSON.stringify(work(2, 'last')).length - 1;
    copied().keep(work(2, 'last'));
    expect(copied().newer(work(1, 'stored'))).toEqual(work(2, 'last'));
    expect(copied().newer(work(1, 'stored', { seed: 'other' }))).toEqual(
      work(2, 'last', { transcript: null }),
    );
  });

  test('has what was typed after the session record, and not where that has no room', () => {
    const typed = [{ terminal: 1, data: 'ls\r' }];
    const last = work(2, 'last', { typed });
    copied().keep(last);
    expect(copied().newer(work(1, 'stored'))).toEqual(last);
    room = JSON.stringify(last).length - 1;
    copied().keep(last);
    expect(copied().newer(work(1, 'stored'))).toEqual(work(2, 'last'));
    stored.set('virtbook.unsaved.x', JSON.stringify({ ...last, savedAt: 3, typed: [{ terminal: 'x' }] }));
    expect(copied().newer(work(1, 'stored'))).toEqual(work(1, 'stored'));
  });

  test('counts for nothing when it is damaged or cannot be kept', () => {
    stored.set('virtbook.unsaved.x', '{"format":');
    expect(copied().newer(work(1, 'stored'))).toEqual(work(1, 'stored'));
    room = 0;
    stored.clear();
    copied().keep(work(2, 'last'));
    expect(copied().newer(null)).toBeNull();
  });
});
