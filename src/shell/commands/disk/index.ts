/** qemu-img(1): subcommand → what it does to images in the host's files. */
import { isOsError, strerror } from '../../../base/index.ts';
import { IMAGE_FORMATS, isDiskError } from '../../../disk/index.ts';
import { type Program, writeAll } from '../../../linux/index.ts';
import type { CompletionSpec } from '../../completionSpec.ts';
import { changing } from './changing.ts';
import { parseArguments, type QemuImgCommand } from './commands.ts';
import { copying } from './copying.ts';
import { creating } from './creating.ts';
import { describing } from './describing.ts';
import { QemuImgError } from './opening.ts';

const commands: readonly QemuImgCommand[] = [...creating, ...describing, ...changing, ...copying];
const byName = new Map(commands.map((command) => [command.name, command]));
/** Subcommands of the real tool that are not simulated. */
const unsimulated = ['amend', 'bench', 'bitmap', 'dd'];

function helpText(): string {
  const lines = [...byName.keys()].sort().map((name) => `  ${name} ${byName.get(name)!.usage}\n`);
  return `usage: qemu-img [standard options] command [command options]
QEMU disk image utility

    '-h', '--help'       display this help and exit
    '-V', '--version'    output version information and exit

Command syntax:
${lines.join('')}
Sizes are in bytes; 'k', 'M', 'G', 'T', 'P' and 'E' multiply by powers of 1024.

Supported formats: ${[...IMAGE_FORMATS].sort().join(' ')}
`;
}

function commandHelp(command: QemuImgCommand): string {
  const lines = command.options.map(({ short, long, argument, help }) => {
    const name = short === undefined ? `--${long}` : `-${short}`;
    return `  ${`${name}${argument === undefined ? '' : ` ${argument}`}`.padEnd(20)}${help}\n`;
  });
  return `usage: qemu-img ${command.name} ${command.usage}\n${command.help}\n\n${lines.join('')}`;
}

/** The last word of `resize` is a size, and may start with a minus. */
function rewrite(name: string, args: readonly string[]): readonly string[] {
  if (name !== 'resize' || args.length < 2 || args.includes('--help') || args.includes('-h')) return args;
  return [...args.slice(0, -1), `--size=${args.at(-1)}`];
}

export const qemuImgProgram: Program = function* ({ argv }) {
  const [name, ...args] = argv.slice(1);
  try {
    if (name === undefined) throw new QemuImgError('Not enough arguments', { usage: true });
    if (name === '--help' || name === '-h') {
      yield* writeAll(1, helpText());
      return 0;
    }
    if (name === '--version' || name === '-V') {
      yield* writeAll(1, 'qemu-img version 7.2.22 (simulated)\n');
      return 0;
    }
    if (unsimulated.includes(name))
      throw new QemuImgError(`the command ${name} is not simulated on this host`);
    const command = byName.get(name);
    if (command === undefined) throw new QemuImgError(`Command not found: ${name}`, { usage: true });
    const parsed = parseArguments(command, rewrite(name, args));
    if (parsed.has('help')) {
      yield* writeAll(1, commandHelp(command));
      return 0;
    }
    return yield* command.run(parsed);
  } catch (error) {
    if (error instanceof QemuImgError) {
      const hint = error.usage ? "Try 'qemu-img --help' for more information\n" : '';
      yield* writeAll(2, `qemu-img: ${error.message}\n${hint}`);
      return error.status;
    }
    if (isDiskError(error)) yield* writeAll(2, `qemu-img: ${error.message}\n`);
    else if (isOsError(error) && error.code !== 'EPIPE')
      yield* writeAll(2, `qemu-img: error while accessing the image: ${strerror(error.code)}\n`);
    else throw error;
    return 1;
  }
};

export const qemuImgCompletion: CompletionSpec = {
  subcommands: new Map(
    commands.map(({ name, help, options }): [string, CompletionSpec] => [
      name,
      {
        help,
        options: options.map(({ short, long, argument, help: text }) => ({
          name: short === undefined ? `--${long}` : `-${short}`,
          help: text,
          argument: argument !== undefined,
        })),
      },
    ]),
  ),
};
