/**
 * Utilities do here what the real ones do: output, messages and exit status. A topic is a file of command lines in utilities/,
 * named like the program it is about. `RECORD_UTILITIES=sed,tr` records the named topics anew with the machine's own programs.
 */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import {
  machineBash,
  machineVersion,
  record,
  recordedResults,
  runInBash,
  snippetsOf,
  utilityTopics,
} from '../support/shellSnippets.ts';

/** What the recordings were made with; a program that is not here is of coreutils. */
const versions: Record<string, string> = {
  awk: 'awk: not an option: --version', // mawk 1.3.4 20200120
  cmp: 'cmp (GNU diffutils) 3.8',
  column: 'column from util-linux 2.38.1',
  cpio: 'cpio (GNU cpio) 2.13',
  diff: 'diff (GNU diffutils) 3.8',
  file: 'file-5.44',
  find: 'find (GNU findutils) 4.9.0',
  findmnt: 'findmnt from util-linux 2.38.1',
  grep: 'grep (GNU grep) 3.8',
  gzip: 'gzip 1.12',
  hexdump: 'hexdump from util-linux 2.38.1',
  htpasswd: 'Usage:', // 2.4.71
  lsblk: 'lsblk from util-linux 2.38.1',
  mdir: 'mdir (GNU mtools) 4.0.32',
  jq: 'jq-1.6',
  killall: 'killall (PSmisc) 23.6',
  mountpoint: 'mountpoint from util-linux 2.38.1',
  patch: 'GNU patch 2.7.6',
  pgrep: 'pgrep from procps-ng 4.0.2',
  pstree: 'pstree (PSmisc) 23.6',
  sed: 'sed (GNU sed) 4.9',
  setsid: 'setsid from util-linux 2.38.1',
  strings: 'GNU strings (GNU Binutils for Debian) 2.40',
  tar: 'tar (GNU tar) 1.34',
  taskset: 'taskset from util-linux 2.38.1',
  xxd: 'xxd 2022-01-14 by Juergen Weigert et al.',
};
const COREUTILS = 'cat (GNU coreutils) 9.1';

/** The machine has the very programs that were recorded. */
function sameProgram(topic: string): boolean {
  if (machineBash() !== '5.2') return false;
  const version = versions[topic];
  return version === undefined ? machineVersion('cat') === COREUTILS : machineVersion(topic) === version;
}

for (const topic of (process.env.RECORD_UTILITIES ?? '').split(',')) {
  if (topic !== '') record(topic);
}

describe.each(utilityTopics)('%s', (topic) => {
  const recorded = recordedResults(topic);
  test.each(snippetsOf(topic))('%s', (snippet) => {
    expect(recorded[snippet], `recorded: run once with RECORD_UTILITIES=${topic}`).toBeDefined();
    expect(commandHost().command(snippet)).toEqual(recorded[snippet]);
  });

  /** One in eighteen, so that a recording that has become untrue is noticed without running all of them each time. */
  test.skipIf(!sameProgram(topic))(
    "the recording is what the machine's program does",
    { timeout: 120_000 },
    () => {
      for (const snippet of snippetsOf(topic).filter((_snippet, i) => i % 18 === 0)) {
        expect(runInBash(snippet), snippet).toEqual(recorded[snippet]);
      }
    },
  );
});
