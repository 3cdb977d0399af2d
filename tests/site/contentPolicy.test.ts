/** The content policy: which scripts of a page it lets run. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { withPolicy } from '../../src/site/integrations/contentPolicy.ts';

const page = (head: string) =>
  `<!doctype html><html><head><meta charset="utf-8">${head}</head><body></body></html>`;
const hash = (script: string) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
const scriptSrc = (html: string) => /script-src ([^;]*);/.exec(withPolicy(html))?.[1];

describe('withPolicy', () => {
  test('stands right after the character set', () => {
    expect(withPolicy(page('<title>x</title>'))).toMatch(
      /<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none';/,
    );
  });

  test.each([
    ['an inline script', '<script>a()</script>', ` ${hash('a()')}`],
    ['an inline module', '<script type="module">b()</script>', ` ${hash('b()')}`],
    ['a script file needs no hash', '<script src="/x.js"></script>', ''],
    ['data do not run', '<script type="application/json">{"a":1}</script>', ''],
    ['twice the same script', '<script>a()</script><script>a()</script>', ` ${hash('a()')}`],
  ])('%s', (_, head, expected) => {
    expect(scriptSrc(page(head))).toBe(`'self' 'wasm-unsafe-eval'${expected}`);
  });

  test('nothing inline runs without its hash', () => {
    expect(scriptSrc(page(''))).not.toContain('unsafe-inline');
  });

  test('a page without a character set is refused', () => {
    expect(() => withPolicy('<html></html>')).toThrow('without <meta charset="utf-8">');
  });
});
