/** sysctl(8): the kernel's switches below /proc/sys. */
import { decodeUtf8, encodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { O_WRONLY, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, needOperand } from '../options.ts';
import { complain, isDirectory, linesOf, namesIn, orNull } from '../support.ts';

const pathOf = (name: string) => `/proc/sys/${name.replaceAll('.', '/')}`;

function* failed(name: string, error: unknown): Sys<boolean> {
  if (!isOsError(error) || error.code === 'EPIPE') throw error;
  if (error.code === 'ENOENT')
    yield* writeAll(2, `sysctl: cannot stat ${pathOf(name)}: ${strerror(error.code)}\n`);
  else if (error.code === 'EACCES' || error.code === 'EPERM')
    yield* writeAll(2, `sysctl: permission denied on key "${name}"\n`);
  else yield* writeAll(2, `sysctl: setting key "${name}": ${strerror(error.code)}\n`);
  return false;
}

function* write(name: string, value: string): Sys<void> {
  const fd = yield* sys.open(pathOf(name), O_WRONLY);
  try {
    yield* sys.write(fd, encodeUtf8(`${value}\n`));
  } finally {
    yield* sys.close(fd);
  }
}

/** Names of all switches below a directory, as sysctl writes them. */
function* keysBelow(directory: string): Sys<string[]> {
  const keys: string[] = [];
  for (const name of (yield* namesIn(directory)).sort()) {
    const path = `${directory}/${name}`;
    if (isDirectory(yield* sys.stat(path))) keys.push(...(yield* keysBelow(path)));
    else keys.push(path.slice('/proc/sys/'.length).replaceAll('/', '.'));
  }
  return keys;
}

/** `NAME = VALUE` lines of a file like sysctl.conf(5) as `NAME=VALUE`; null without the file. */
function* settingsIn(path: string): Sys<string[] | null> {
  const bytes = yield* orNull(() => readFile(path), 'ENOENT');
  if (bytes === null) return null;
  return linesOf(decodeUtf8(bytes))
    .map((line) => line.trim())
    .filter((line) => line.includes('=') && !/^[#;]/.test(line))
    .map((line) => line.replace(/\s*=\s*/, '='));
}

export const sysctlCommand: CommandSpec = {
  name: 'sysctl',
  usage: '[OPTION]... NAME[=VALUE]...',
  summary: 'Show or set the kernel’s switches, by their names below /proc/sys.',
  options: [
    { short: 'a', long: 'all', help: 'show all that there are' },
    { short: 'n', long: 'values', help: 'the values alone' },
    {
      short: 'p',
      long: 'load',
      argument: 'FILE',
      optional: true,
      help: 'set what FILE says, /etc/sysctl.conf',
    },
    { short: 'q', long: 'quiet', help: 'do not show what was set' },
    { short: 'w', long: 'write', help: 'set, as NAME=VALUE does anyhow' },
  ],
  *run(parsed) {
    const load = parsed.has('load');
    if (!parsed.has('all') && !load) needOperand(parsed, 'no variables specified');
    let status = 0;
    let operands = parsed.operands;
    if (parsed.has('all')) operands = yield* keysBelow('/proc/sys');
    if (load) {
      const files = operands.length === 0 ? ['/etc/sysctl.conf'] : operands;
      operands = [];
      for (const file of files) {
        const settings = yield* settingsIn(file);
        if (settings === null) {
          yield* complain('sysctl', `cannot open "${file}": No such file or directory`);
          status = 1;
        } else operands = [...operands, ...settings];
      }
    }
    for (const operand of operands) {
      const at = operand.indexOf('=');
      const name = at < 0 ? operand : operand.slice(0, at);
      try {
        if (at >= 0) yield* write(name, operand.slice(at + 1));
        if (at >= 0 && parsed.has('quiet')) continue;
        const value = decodeUtf8(yield* readFile(pathOf(name))).trimEnd();
        yield* writeAll(1, parsed.has('values') ? `${value}\n` : `${name} = ${value}\n`);
      } catch (error) {
        if (!(yield* failed(name, error))) status = 1;
      }
    }
    return status;
  },
};
