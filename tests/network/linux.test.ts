/**
 * The network room beside real Linux: one table of lines, run by both. `recordedLinux.json` holds what Linux 6.18 answered; where there
 * are network namespaces, ip and nft, it is asked again (`VIRTBOOK_RECORD=1` writes the file anew).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { CASES } from '../support/networkCases.ts';
import { simulate } from '../support/simulatedNetwork.ts';

const RECORDED = new URL('./recordedLinux.json', import.meta.url);
const SCRIPT = new URL('../support/realNetwork.py', import.meta.url).pathname;

function inNamespaces(args: readonly string[], input: string) {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/sbin:/usr/sbin` };
  return spawnSync('unshare', ['-mn', ...args], { input, encoding: 'utf8', env, timeout: 120_000 });
}

const able =
  ['unshare', 'python3', 'ip', 'nft'].every(hasTool) &&
  inNamespaces(['ip', 'link', 'add', 'x', 'type', 'veth'], '').status === 0;

function askLinux(): unknown[] {
  const { stdout, stderr, status } = inNamespaces(['python3', SCRIPT], JSON.stringify(CASES));
  if (status !== 0) throw new Error(`realNetwork.py ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as unknown[];
}

if (able && process.env['VIRTBOOK_RECORD'] !== undefined)
  writeFileSync(
    RECORDED,
    `${JSON.stringify(Object.fromEntries(askLinux().map((outcome, index) => [CASES[index]!.name, outcome])), null, 1)}\n`,
  );

describe('as Linux answered', () => {
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Record<string, unknown>;
  test.each(CASES)('$name', (each) => {
    expect(simulate(each)).toEqual(recorded[each.name]);
  });
});

test.skipIf(!able)('Linux answers as recorded', { timeout: 120_000 }, () => {
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Record<string, unknown>;
  for (const [index, outcome] of askLinux().entries())
    expect(outcome, CASES[index]!.name).toEqual(recorded[CASES[index]!.name]);
});
