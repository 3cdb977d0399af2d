import { expect, test } from 'vitest';
import { controlOf, isCtrlBracket } from '../../src/lab/terminal/controlKeys.ts';

test.each([
  ['A', '\x01'],
  ['C', '\x03'],
  ['Z', '\x1a'],
  ['[', '\x1b'],
  [']', '\x1d'],
  ['_', '\x1f'],
])('Ctrl-%s is what a terminal sends for it', (key, sent) => {
  expect(controlOf(key)).toBe(sent);
});

test('a bracket that AltGr makes is a letter, and the key where others have it may zoom', () => {
  const pressed = (event: object) =>
    isCtrlBracket({ ctrlKey: true, altKey: false, ...event } as KeyboardEvent);
  expect(pressed({ key: ']' })).toBe(true);
  expect(pressed({ key: ']', altKey: true })).toBe(false);
  expect(pressed({ key: '+', code: 'BracketRight' })).toBe(false);
  expect(pressed({ key: ']', ctrlKey: false })).toBe(false);
});
