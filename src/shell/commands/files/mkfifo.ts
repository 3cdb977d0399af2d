/** mkfifo(1). */
import { S_IFIFO, sys } from '../../../linux/index.ts';
import { changeMode } from '../modes.ts';
import { type CommandSpec, needOperand } from '../options.ts';
import { attempt, complain } from '../support.ts';

export const mkfifo: CommandSpec = {
  name: 'mkfifo',
  usage: '[OPTION]... NAME...',
  summary: 'Make named pipes.',
  options: [{ short: 'm', long: 'mode', argument: 'MODE', help: 'set the mode, as in chmod' }],
  *run(parsed) {
    needOperand(parsed);
    const text = parsed.value('mode');
    const mode = text === null ? 0o666 : changeMode(text, 0o666, false, 0);
    if (mode === null) {
      yield* complain('mkfifo', 'invalid mode');
      return 1;
    }
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('mkfifo', `cannot create fifo '${path}'`, function* () {
        yield* sys.mknod(path, S_IFIFO | mode);
        if (text !== null) yield* sys.chmod(path, mode);
      });
      if (!good) status = 1;
    }
    return status;
  },
};
