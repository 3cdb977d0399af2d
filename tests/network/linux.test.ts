/**
 * The network room beside real Linux: tables of lines, run by both. `recordedLinux.json` holds what Linux 6.18 answered; where there
 * are network namespaces, ip and nft, it is asked again (`VIRTBOOK_RECORD=1` writes the file anew).
 */
import { execFile } from 'node:child_process';
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

/** What a program prints in network and mount namespaces of its own. Rejects when it fails. */
function inNamespaces(args: readonly string[], input: string): Promise<string> {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/sbin:/usr/sbin` };
  return new Promise((resolve, reject) => {
    const child = execFile('unshare', ['-mn', ...args], { env, timeout: 120_000 }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${args.at(-1)}: ${error.message}\n${stderr}`)),
    );
    // Who does not read it may have ended before it is written.
    child.stdin?.on('error', () => {}).end(input);
  });
}

const able =
  ['unshare', 'python3', 'ip', 'bridge', 'nft'].every(hasTool) &&
  (await inNamespaces(['ip', 'link', 'add', 'x', 'type', 'veth'], '').then(
    () => true,
    () => false,
  ));

/** In so many worlds at once the cases of a table are played. */
const WORLDS = 2;

/** What Linux answers to each case. Every world has namespaces of its own, and most of a case is waiting for packets. */
async function askLinux(script: string, cases: readonly NetworkCase[]): Promise<Record<string, unknown>> {
  const path = new URL(`../support/${script}`, import.meta.url).pathname;
  const parts = Array.from({ length: WORLDS }, (_, world) =>
    cases.filter((_each, i) => i % WORLDS === world),
  );
  const outcomes = await Promise.all(
    parts.map(async (part) => JSON.parse(await inNamespaces(['python3', path], JSON.stringify(part)))),
  );
  return Object.fromEntries(
    cases.map(({ name }, i) => [name, outcomes[i % WORLDS][Math.floor(i / WORLDS)] as unknown]),
  );
}

/** Asked of all tables at once, and while the simulated network answers: most of it is waiting. */
const asked = new Map(able ? TABLES.map(([name, cases, , script]) => [name, askLinux(script, cases)]) : []);
// Told by the test that awaits it.
for (const answer of asked.values()) answer.catch(() => {});

if (able && process.env['VIRTBOOK_RECORD'] !== undefined) {
  const answers = [...asked].map(async ([name, answer]) => [name, await answer] as const);
  const outcomes = Object.fromEntries(await Promise.all(answers));
  writeFileSync(RECORDED, `${JSON.stringify(outcomes, null, 1)}\n`);
}

describe.each(TABLES)('%s', (table, cases, simulated) => {
  const recorded = (JSON.parse(readFileSync(RECORDED, 'utf8')) as Recorded)[table] ?? {};
  test.each(cases)('$name: as Linux answered', (each) => {
    expect(simulated(each)).toEqual(recorded[each.name]);
  });

  test.skipIf(!able)('Linux answers as recorded', { timeout: 120_000 }, async () => {
    expect(await asked.get(table)).toEqual(recorded);
  });
});
