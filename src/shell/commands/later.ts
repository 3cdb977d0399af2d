/**
 * Utilities whose code may come later than the rest: a page shows its prompt without it and has it before a command runs. Every host has
 * their executables from the start, so that no world depends on when code arrives. `utilities.ts` is that code.
 */
import type { Program, ProgramTable } from '../../linux/index.ts';
import type { CompletionSpec } from '../completionSpec.ts';
import { type CommandSpec, command, completionOf } from './options.ts';

/** Their names, which are known before their code is. A test holds this list against the code. */
export const LATER_NAMES: readonly string[] = [
  'apropos',
  'arp',
  'awk',
  'aws-sim',
  'bridge',
  'capsh',
  'chgrp',
  'cksum',
  'cmp',
  'column',
  'comm',
  'conntrack',
  'cpio',
  'curl',
  'dd',
  'diff',
  'dig',
  'dmesg',
  'expand',
  'findmnt',
  'fold',
  'free',
  'gcloud-sim',
  'getcap',
  'getent',
  'getpcaps',
  'gunzip',
  'gzip',
  'hexdump',
  'host',
  'hostname',
  'htpasswd',
  'httpd',
  'ifconfig',
  'ip',
  'ipcmk',
  'ipcrm',
  'ipcs',
  'iptables',
  'iptables-restore',
  'iptables-save',
  'join',
  'jq',
  'killall',
  'less',
  'lsblk',
  'lsns',
  'man',
  'mcopy',
  'md5sum',
  'mdel',
  'mdir',
  'mkfifo',
  'mkfs.vfat',
  'mmd',
  'more',
  'mountpoint',
  'mtype',
  'nano',
  'nc',
  'netstat',
  'newgidmap',
  'newuidmap',
  'nft',
  'nice',
  'nl',
  'nohup',
  'nsenter',
  'nslookup',
  'od',
  'paste',
  'patch',
  'ping',
  'pivot_root',
  'prlimit',
  'ps',
  'pstree',
  'qemu-img',
  'renice',
  'route',
  'sed',
  'setcap',
  'setpriv',
  'setsid',
  'sha1sum',
  'sha224sum',
  'sha256sum',
  'sha384sum',
  'sha512sum',
  'shuf',
  'split',
  'ss',
  'strace',
  'stress',
  'strings',
  'su',
  'sysctl',
  'tac',
  'tar',
  'taskset',
  'tc',
  'tcpdump',
  'top',
  'trace',
  'traceroute',
  'tsort',
  'unexpand',
  'unshare',
  'virsh',
  'watch',
  'wget',
  'whatis',
  'who',
  'xxd',
  'zcat',
];

/** A program was started whose code is not there. The world it happened in is not to be used any more. */
export class CodeMissing extends Error {
  constructor(name: string) {
    super(`the code of ${name} is not loaded: import src/shell/commands/utilities.ts first`);
    this.name = 'CodeMissing';
  }
}

const provided = new Map<string, Program>();
/** What Tab knows of those whose code is there. */
export const laterCompletions = new Map<string, CompletionSpec>();

/** Gives the code of commands with options, and of those with a grammar of their own. */
export function provideLater(
  specs: readonly CommandSpec[],
  programs: ReadonlyMap<string, Program>,
  completions: ReadonlyMap<string, CompletionSpec>,
): void {
  for (const spec of specs) {
    provided.set(spec.name, command(spec));
    laterCompletions.set(spec.name, completionOf(spec));
  }
  for (const [name, program] of programs) provided.set(name, program);
  for (const [name, completion] of completions) laterCompletions.set(name, completion);
}

/** The names whose code is there. */
export const providedNames = (): readonly string[] => [...provided.keys()].sort();

/** Each looks for its code when it is started. */
export const laterPrograms: ProgramTable = new Map(
  LATER_NAMES.map((name): [string, Program] => [
    name,
    (context) => {
      const program = provided.get(name);
      if (program === undefined) throw new CodeMissing(name);
      return program(context);
    },
  ]),
);
