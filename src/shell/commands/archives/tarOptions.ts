/** tar's options, and its older forms of arguments. */
import { type OptionSpec, UsageError } from '../options.ts';

export const tarOptions: readonly OptionSpec[] = [
  { short: 'c', long: 'create', help: 'make an archive' },
  { short: 'x', long: 'extract', help: 'take files out of an archive' },
  { long: 'get', help: 'as --extract' },
  { short: 't', long: 'list', help: 'list what an archive holds' },
  { short: 'r', long: 'append', help: 'add files at the end of an archive' },
  { short: 'u', long: 'update', help: 'add files that are newer than those in the archive' },
  { short: 'd', long: 'diff', help: 'say how an archive and the files differ' },
  { long: 'compare', help: 'as --diff' },
  { short: 'f', long: 'file', argument: 'ARCHIVE', help: 'the archive; - is standard input or output' },
  { short: 'z', long: 'gzip', help: 'the archive is compressed by gzip' },
  { long: 'gunzip', help: 'as --gzip' },
  { long: 'ungzip', help: 'as --gzip' },
  { short: 'a', long: 'auto-compress', help: "compress when the archive's name says so" },
  { short: 'v', long: 'verbose', help: 'list the files; twice: in full' },
  { short: 'C', long: 'directory', argument: 'DIR', help: 'go to DIR; counts for what comes behind it' },
  { long: 'add-file', argument: 'FILE', help: 'a file, though its name begins with a dash' },
  { short: 'T', long: 'files-from', argument: 'FILE', help: 'take names of files from FILE' },
  { long: 'null', help: 'the names of -T end in NUL' },
  { long: 'exclude', argument: 'PATTERN', help: 'leave out files that match' },
  {
    short: 'X',
    long: 'exclude-from',
    argument: 'FILE',
    help: 'leave out files that match a pattern in FILE',
  },
  { long: 'wildcards', help: 'names of members are patterns' },
  { long: 'no-wildcards', help: 'names of members are no patterns' },
  { long: 'no-recursion', help: 'do not go into directories' },
  { long: 'strip-components', argument: 'NUMBER', help: 'drop leading directories of the names' },
  { short: 'O', long: 'to-stdout', help: 'write the contents to standard output' },
  { short: 'k', long: 'keep-old-files', help: 'files that are there are an error' },
  { long: 'skip-old-files', help: 'leave files that are there' },
  { short: 'p', long: 'preserve-permissions', help: 'modes as in the archive, whatever the umask' },
  { long: 'same-permissions', help: 'as --preserve-permissions' },
  { long: 'no-same-permissions', help: 'take the umask off the modes' },
  { long: 'same-owner', help: 'owners as in the archive' },
  { long: 'no-same-owner', help: 'the files belong to who extracts them' },
  { short: 'o', help: 'as --no-same-owner' },
  { short: 'm', long: 'touch', help: 'times of extracting' },
  { short: 'P', long: 'absolute-names', help: 'keep leading slashes' },
  { short: 'h', long: 'dereference', help: 'files in place of symbolic links' },
  { long: 'numeric-owner', help: 'numbers of users and groups, not names' },
  { long: 'owner', argument: 'NAME[:UID]', help: 'all files belong to NAME' },
  { long: 'group', argument: 'NAME[:GID]', help: 'all files belong to the group NAME' },
  { long: 'mode', argument: 'CHANGES', help: 'change the modes, as chmod does' },
  { long: 'mtime', argument: 'DATE', help: 'time of all files: @SECONDS, YYYY-MM-DD[ HH:MM[:SS]]' },
  { long: 'sort', argument: 'ORDER', help: 'order in a directory: name; none is the same here' },
  { long: 'full-time', help: 'show seconds' },
  {
    long: 'format',
    argument: 'FORMAT',
    help: 'pax or posix, which is written unless told otherwise; gnu, oldgnu',
  },
  { short: 'S', long: 'sparse', help: 'store no holes of files; with --format=gnu or oldgnu' },
];

const byLetter = (letter: string) => tarOptions.find((option) => option.short === letter);

/** `xzf a.tar` as `-x -z -f a.tar`: the arguments follow the letters in their order. */
function unbundle(first: string, rest: readonly string[]): string[] {
  const left = [...rest];
  const out: string[] = [];
  for (const letter of first) {
    out.push(`-${letter}`);
    if (byLetter(letter)?.argument === undefined) continue;
    const value = left.shift();
    if (value === undefined) throw new UsageError(`Old option '${letter}' requires an argument.`);
    out.push(value);
  }
  return [...out, ...left];
}

/** Whether the word after `arg` is its argument. */
function takesNext(arg: string): boolean {
  if (arg.startsWith('--')) {
    if (arg.includes('=')) return false;
    const name = arg.slice(2);
    const option =
      tarOptions.find(({ long }) => long === name) ?? tarOptions.find(({ long }) => long?.startsWith(name));
    return option?.argument !== undefined;
  }
  for (let at = 1; at < arg.length; at++)
    if (byLetter(arg[at]!)?.argument !== undefined) return at === arg.length - 1;
  return false;
}

/**
 * Old bundles become options, and operands become `--add-file=`: what -C, -T and --exclude mean depends on where they stand
 * between the names, and only options keep their order.
 */
export function tarArguments(argv: readonly string[]): string[] {
  const [name = 'tar', first, ...others] = argv;
  if (first === undefined) return [name];
  const rest = first === '' || first.startsWith('-') ? [first, ...others] : unbundle(first, others);
  const out = [name];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      for (const file of rest) out.push(`--add-file=${file}`);
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      out.push(`--add-file=${arg}`);
      continue;
    }
    out.push(arg);
    const value = takesNext(arg) ? rest.shift() : undefined;
    if (value !== undefined) out.push(value);
  }
  return out;
}
