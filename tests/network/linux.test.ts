/**
 * The network room beside real Linux: tables of lines, run by both. `recordedLinux.json` holds what Linux 6.18 answered; where there
 * are network namespaces, ip and nft, it is asked again (`VIRTBOOK_RECORD=1` writes the file anew).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BRIDGE_CASES } from '../support/bridgeCases.ts';
import { hasTool } from '../support/diskTools.ts';
import { CASES, type NetworkCase } from '../support/networkCases.ts';
import { simulateBridge } from '../support/simulatedBridge.ts';
import { simulate } from '../support/simulatedNetwork.ts';
import { simulateSockets } from '../support/simulatedSockets.ts';
import { SOCKET_CASES } from '../support/socketCases.ts';

const RECORDED = new URL('./recordedLinux.json', import.meta.url);
const TABLES: readonly (readonly [string, readonly NetworkCase[], (each: NetworkCase) => unknown, string])[] =
  [
    ['hosts', CASES, simulate, 'realNetwork.py'],
    ['bridges', BRIDGE_CASES, simulateBridge, 'realBridge.py'],
    ['sockets', SOCKET_CASES, simulateSockets, 'realSockets.py'],
  ];
type Recorded = Record<string, Record<string, unknown>>;

function inNamespaces(args: readonly string[], input: string) {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/sbin:/usr/sbin` };
  return spawnSync('unshare', ['-mn', ...args], { input, encoding: 'utf8', env, timeout: 120_000 });
}

const able =
  ['unshare', 'python3', 'ip', 'bridge', 'nft'].every(hasTool) &&
  inNamespaces(['ip', 'link', 'add', 'x', 'type', 'veth'], '').status === 0;

function askLinux(script: string, cases: readonly NetworkCase[]): Record<string, unknown> {
  const path = new URL(`../support/${script}`, import.meta.url).pathname;
  const { stdout, stderr, status } = inNamespaces(['python3', path], JSON.stringify(cases));
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  const outcomes = JSON.parse(stdout) as unknown[];
  return Object.fromEntries(cases.map((each, index) => [each.name, outcomes[index]]));
}

if (able && process.env['VIRTBOOK_RECORD'] !== undefined) {
  const outcomes = Object.fromEntries(
    TABLES.map(([name, cases, , script]) => [name, askLinux(script, cases)]),
  );
  writeFileSync(RECORDED, `${JSON.stringify(outcomes, null, 1)}\n`);
}

describe.each(TABLES)('%s', (table, cases, simulated, script) => {
  const recorded = (JSON.parse(readFileSync(RECORDED, 'utf8')) as Recorded)[table] ?? {};
  test.each(cases)('$name: as Linux answered', (each) => {
    expect(simulated(each)).toEqual(recorded[each.name]);
  });

  test.skipIf(!able)('Linux answers as recorded', { timeout: 120_000 }, () => {
    expect(askLinux(script, cases)).toEqual(recorded);
  });
});
