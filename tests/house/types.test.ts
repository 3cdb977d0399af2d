/** The types of every file are checked: of the kernel rooms without DOM and Node, of what is above them with both. */
import { execFileSync } from 'node:child_process';
import { relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
/** Learners' code, which is checked where it runs: it imports an api.d.ts that only the lab puts beside it. */
const LEARNERS = /^content\/exercises\/[^/]+\/(starter|solution|wrong)\//;

/** The files that the project `config` checks. */
function filesOf(config: string): string[] {
  const { config: json } = ts.readConfigFile(`${root}${config}`, ts.sys.readFile);
  const { fileNames, errors } = ts.parseJsonConfigFileContent(json, ts.sys, `${root}tests`);
  expect(errors).toEqual([]);
  return fileNames.map((file) => relative(root, file));
}

test('the two projects of types see every file', () => {
  const tracked = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' });
  const files = tracked.split('\n').filter((file) => file !== '' && !LEARNERS.test(file));
  const checked = new Set([
    ...filesOf('tests/tsconfig.kernel.json'),
    ...filesOf('tests/tsconfig.above.json'),
  ]);
  expect(files.length).toBeGreaterThan(1000);
  expect(files.filter((file) => !checked.has(file))).toEqual([]);
});
