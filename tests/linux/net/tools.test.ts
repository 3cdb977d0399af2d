/** ip, bridge and nft print what the real tools print. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answersOf, askReal, SEQUENCES, scriptOf } from '../../support/networkTools.ts';
import { networkWorld } from '../../support/networkWorld.ts';
import { NFT_SET_CASES } from '../../support/nftSetCases.ts';
import { RULE_CASES } from '../../support/ruleCases.ts';

const FILE = new URL('recordedTools.json', import.meta.url);
const sequences = { ...SEQUENCES, ...RULE_CASES, ...NFT_SET_CASES };
const names = Object.keys(sequences);

/** VIRTBOOK_RECORD=1 writes the recording anew. */
if (process.env['VIRTBOOK_RECORD'] !== undefined) {
  const all = names.map((name) => [name, askReal(sequences[name]!)]);
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}

const recorded: Readonly<Record<string, string[]>> = JSON.parse(readFileSync(FILE, 'utf8'));

/** `$ command` and what it said, so that a difference names its line. */
const paired = (lines: readonly string[], answers: readonly string[]) =>
  lines.map((line, i) => `$ ${line}\n${answers[i]}`);

describe.each(names)('%s', (name) => {
  const lines = sequences[name]!;

  test('a simulated host says what was recorded', () => {
    const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
    sh('one', 'ip link set lo down');
    const output = sh('one', scriptOf(lines));
    expect(paired(lines, answersOf(output))).toEqual(paired(lines, recorded[name]!));
  });

  const real = askReal(lines);
  test.skipIf(real === null)(
    'the recording is what the real tools say (iproute2 6.1.0, nftables 1.0.6)',
    () => {
      expect(paired(lines, real!)).toEqual(paired(lines, recorded[name]!));
    },
  );
});

test('rules besides the three that are there, and other tables, are refused by name', () => {
  const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
  expect(sh('one', 'ip rule add from 10.0.0.0/8 table 100')).toBe('ip: "rule add" is not simulated\n[255]\n');
  expect(sh('one', 'ip rule show from 10.0.0.0/8')).toBe(
    'ip: the selection of rules by "from" is not simulated\n[255]\n',
  );
});
