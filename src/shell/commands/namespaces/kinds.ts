/** Options that name kinds of namespaces, for unshare(1) and nsenter(1). */
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';

export interface Kind {
  readonly short: string;
  /** The option's long name. */
  readonly long: string;
  readonly flag: number;
  /** The name in /proc/PID/ns. */
  readonly file: string;
  readonly what: string;
}

export const kinds: readonly Kind[] = [
  { short: 'm', long: 'mount', flag: CLONE_NEWNS, file: 'mnt', what: 'mounts namespace' },
  { short: 'u', long: 'uts', flag: CLONE_NEWUTS, file: 'uts', what: 'UTS namespace (hostname etc)' },
  { short: 'i', long: 'ipc', flag: CLONE_NEWIPC, file: 'ipc', what: 'System V IPC namespace' },
  { short: 'n', long: 'net', flag: CLONE_NEWNET, file: 'net', what: 'network namespace' },
  { short: 'p', long: 'pid', flag: CLONE_NEWPID, file: 'pid', what: 'pid namespace' },
  { short: 'C', long: 'cgroup', flag: CLONE_NEWCGROUP, file: 'cgroup', what: 'cgroup namespace' },
  { short: 'U', long: 'user', flag: CLONE_NEWUSER, file: 'user', what: 'user namespace' },
  { short: 'T', long: 'time', flag: CLONE_NEWTIME, file: 'time', what: 'time namespace' },
];

/** nsenter's: both forms take a file. */
export const enteringOptions: readonly OptionSpec[] = kinds.map(({ short, long, what }) => ({
  short,
  long,
  argument: 'FILE',
  optional: true,
  help: `enter ${what}`,
}));

/** unshare's: only the long form takes a file, so that letters can be put together. */
export const unsharingOptions: readonly OptionSpec[] = kinds.flatMap(({ short, long, what }) => [
  { short, help: `unshare ${what}` },
  { long, argument: 'FILE', optional: true, help: `likewise, and keep it by its file` },
]);

/** The kinds that unshare was asked for. */
export const kindsGiven = (parsed: Parsed): Kind[] =>
  kinds.filter(({ short, long }) => parsed.has(long) || parsed.has(short));
