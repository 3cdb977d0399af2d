/** cp(1). */
import { type Sys, sys } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { baseName, complain, isDirectory, joinPath, orNull } from '../support.ts';
import { copy } from './copying.ts';

/** Where the operands of cp, mv and ln go: into the last one when that is a directory. */
export function* destinations(
  command: string,
  operands: readonly string[],
): Sys<{ from: string; to: string }[] | null> {
  if (operands.length === 0) throw new UsageError('missing file operand');
  if (operands.length === 1) throw new UsageError(`missing destination file operand after '${operands[0]}'`);
  const target = operands.at(-1)!;
  const sources = operands.slice(0, -1);
  const stat = yield* orNull(() => sys.stat(target), 'ENOENT', 'ENOTDIR');
  if (stat !== null && isDirectory(stat))
    return sources.map((from) => ({ from, to: joinPath(target, baseName(from)) }));
  if (sources.length === 1) return [{ from: sources[0]!, to: target }];
  yield* complain(
    command,
    `target '${target}': ${stat === null ? 'No such file or directory' : 'Not a directory'}`,
  );
  return null;
}

export const cp: CommandSpec = {
  name: 'cp',
  usage: '[OPTION]... SOURCE... DEST',
  summary: 'Copy SOURCE to DEST, or several SOURCEs into a directory.',
  options: [
    { short: 'a', long: 'archive', help: 'as -dR --preserve' },
    { short: 'd', help: 'copy symbolic links as links' },
    { short: 'f', long: 'force', help: 'accepted: an unwritable destination is an error here' },
    { short: 'p', long: 'preserve', help: 'keep owner, mode, times and extended attributes' },
    { short: 'r', help: 'copy directories with what is in them' },
    { short: 'R', long: 'recursive', help: 'as -r' },
  ],
  *run(parsed: Parsed) {
    const pairs = yield* destinations('cp', parsed.operands);
    if (pairs === null) return 1;
    const archive = parsed.has('archive');
    const recursive = archive || parsed.has('r') || parsed.has('recursive');
    let status = 0;
    for (const { from, to } of pairs) {
      const good = yield* copy(from, to, {
        command: 'cp',
        recursive,
        preserve: archive || parsed.has('preserve'),
        dereference: !recursive && !parsed.has('d'),
      });
      if (!good) status = 1;
    }
    return status;
  },
};
