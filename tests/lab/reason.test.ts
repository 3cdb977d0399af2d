import { expect, test } from 'vitest';
import { reasonOf } from '../../src/lab/reason.ts';

test.each([
  'Failed to fetch dynamically imported module: http://127.0.0.1:4399/_astro/lab.js',
  'error loading dynamically imported module: http://127.0.0.1:4399/_astro/lab.js',
  'Importing a module script failed.',
  'Failed to fetch',
  'NetworkError when attempting to fetch resource.',
  'Load failed',
])('what a browser says of the network is said plainly: %s', (message) => {
  expect(reasonOf(new TypeError(message))).toBe(
    'a part of it is not stored here and could not be fetched (is the network there?)',
  );
});

test('any other reason is told as it is', () => {
  expect(reasonOf(new Error('no room'))).toBe('no room');
  expect(reasonOf(new DOMException('', 'DataCloneError'))).toBe('DataCloneError');
  expect(reasonOf('a word')).toBe('a word');
});
