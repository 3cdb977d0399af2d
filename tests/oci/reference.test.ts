/** Names of images: the table of the reference package, and what holds for all names. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  familiarName,
  familiarText,
  InvalidReference,
  type InvalidReferenceKind,
  isRepositoryPath,
  parseCanonicalName,
  parseNormalized,
  parseReference,
  parseTagged,
  type Reference,
  referenceText,
  withTag,
} from '../../src/oci/index.ts';
import { accepted, domains, names, normalized, parsed, refused } from './referenceCases.ts';

function kindOf(read: () => unknown): InvalidReferenceKind | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof InvalidReference) return error.kind;
    throw error;
  }
}

describe('as it stands', () => {
  test.each(parsed.map((row) => [row[0], row] as const))('%s', (_, [text, first, path, tag, digest]) => {
    if (path === undefined) expect(kindOf(() => parseReference(text))).toBe(first);
    else {
      expect(parseReference(text)).toEqual({ domain: first, path, tag, digest });
      expect(referenceText(parseReference(text))).toBe(text);
    }
  });

  test.each(names.map((row) => [row[0], row] as const))('%s', (_, [text, domain, path]) => {
    if (domain === undefined) expect(kindOf(() => parseReference(text))).not.toBeNull();
    else expect(parseReference(text)).toEqual({ domain, path, tag: null, digest: null });
  });

  test.each(domains)('%s before a slash: %s', (domain, is) => {
    if (is) expect(parseReference(`${domain}/a`).domain).toBe(domain);
    else expect(kindOf(() => parseReference(`${domain}/a`))).not.toBeNull();
  });
});

describe('as Docker takes it', () => {
  test.each(normalized)('%s is of %s: %s, shown as %s', (text, domain, path, familiar) => {
    const read = parseNormalized(text);
    expect([read.domain, read.path]).toEqual([domain, path]);
    if (familiar !== null) expect(familiarName(read)).toBe(familiar);
  });

  test.each(accepted)('%s is a name', (text) => {
    expect(kindOf(() => parseNormalized(text))).toBeNull();
  });

  test.each(refused)('%s is none', (text) => {
    expect(kindOf(() => parseNormalized(text))).not.toBeNull();
  });

  test('latest is what a name without tag and digest means', () => {
    expect(referenceText(parseTagged('redis'))).toBe('docker.io/library/redis:latest');
    expect(referenceText(parseTagged('redis:7'))).toBe('docker.io/library/redis:7');
    const digest = `redis@sha256:${'0'.repeat(64)}`;
    expect(familiarText(parseTagged(digest))).toBe(digest);
  });

  test.each([
    ['Redis', 'invalid reference format: repository name (library/Redis) must be lowercase'],
    ['UPPER/x', null],
    ['a/B', 'invalid reference format: repository name (a/B) must be lowercase'],
    ['a b', 'invalid reference format'],
    ['', 'invalid reference format'],
    ['redis:', 'invalid reference format'],
    [`redis:${'t'.repeat(129)}`, 'invalid reference format'],
    ['redis@sha256:12', 'invalid reference format'],
    [`redis@sha256:${'A'.repeat(64)}`, 'invalid checksum digest format'],
  ])('%j: %s', (text, message) => {
    const read = () => parseNormalized(text);
    if (message === null) expect(read).not.toThrow();
    else expect(read).toThrow(message);
  });

  test.each([
    ['docker.io/library/redis', null],
    ['example.com/a/b', null],
    ['redis', 'not-canonical'],
    ['docker.io/redis', 'not-canonical'],
    ['index.docker.io/library/redis', 'not-canonical'],
    ['-redis', 'format'],
  ] as const)('%s as the full form: %s', (text, kind) => {
    expect(kindOf(() => parseCanonicalName(text))).toBe(kind);
  });

  test('another tag has to be one', () => {
    const redis = parseNormalized('redis');
    expect(familiarText(withTag(redis, 'v1.0_x-2'))).toBe('redis:v1.0_x-2');
    expect(kindOf(() => withTag(redis, '-x'))).toBe('tag-format');
  });
});

const component = fc.stringMatching(/^[a-z0-9]{1,6}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,6}){0,2}$/);
const reference: fc.Arbitrary<Reference> = fc.record({
  domain: fc.constantFrom('docker.io', 'localhost', 'localhost:5000', 'a.b', '127.0.0.1:80', '[::1]:5', 'Aa'),
  path: fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  tag: fc.option(fc.stringMatching(/^\w[\w.-]{0,12}$/)),
  digest: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`)),
});

describe('of any name', () => {
  test('what is written is read again, in full and in the familiar form', () => {
    fc.assert(
      fc.property(reference, (given) => {
        const path =
          given.domain === 'docker.io' && !given.path.includes('/') ? `library/${given.path}` : given.path;
        const whole = { ...given, path };
        expect(parseNormalized(referenceText(whole))).toEqual(whole);
        // `0.0/a` at docker.io looks like a registry when its domain is left away: that is so in Docker, too.
        if (whole.domain !== 'docker.io' || !path.split('/')[0]!.includes('.'))
          expect(parseNormalized(familiarText(whole))).toEqual(whole);
        expect(isRepositoryPath(whole.path)).toBe(true);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('anything else is refused by a kind, in a time that does not explode', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA0.-_/:@[]%\n ') }), (text) => {
        const kind = kindOf(() => parseNormalized(text));
        if (kind === null)
          expect(parseNormalized(referenceText(parseNormalized(text)))).toEqual(parseNormalized(text));
      }),
      { seed: 5, numRuns: 2000 },
    );
    for (const unit of ['a', 'a.', 'a-', 'a/', 'A', '-', '_', 'a:', '0'])
      expect(kindOf(() => parseNormalized(`${unit.repeat(20_000)}!`))).not.toBeNull();
  });
});
