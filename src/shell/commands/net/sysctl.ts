/** sysctl(8): the kernel's switches below /proc/sys. */
import { decodeUtf8, encodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { O_WRONLY, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, needOperand } from '../options.ts';

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

export const sysctlCommand: CommandSpec = {
  name: 'sysctl',
  usage: '[OPTION]... NAME[=VALUE]...',
  summary: 'Show or set the kernel’s switches, by their names below /proc/sys.',
  options: [
    { short: 'n', long: 'values', help: 'the values alone' },
    { short: 'w', long: 'write', help: 'set, as NAME=VALUE does anyhow' },
  ],
  *run(parsed) {
    needOperand(parsed, 'no variables specified');
    let status = 0;
    for (const operand of parsed.operands) {
      const at = operand.indexOf('=');
      const name = at < 0 ? operand : operand.slice(0, at);
      try {
        if (at >= 0) yield* write(name, operand.slice(at + 1));
        const value = decodeUtf8(yield* readFile(pathOf(name))).trimEnd();
        yield* writeAll(1, parsed.has('values') ? `${value}\n` : `${name} = ${value}\n`);
      } catch (error) {
        if (!(yield* failed(name, error))) status = 1;
      }
    }
    return status;
  },
};
