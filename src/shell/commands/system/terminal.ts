/** clear(1), stty(1). */
import { type Sys, sys, type Termios, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, orNull } from '../support.ts';

export const clear: CommandSpec = {
  name: 'clear',
  usage: '',
  summary: 'Clear the screen.',
  options: [],
  *run() {
    yield* writeAll(1, '\u001b[H\u001b[2J\u001b[3J');
    return 0;
  },
};

const flags = ['icanon', 'echo', 'isig', 'iexten', 'tostop', 'icrnl', 'opost'] as const;
const sane: Termios = {
  icanon: true,
  echo: true,
  isig: true,
  iexten: true,
  tostop: false,
  icrnl: true,
  opost: true,
};

export const stty: CommandSpec = {
  name: 'stty',
  usage: '[-a] | size | sane | raw | [-]SETTING...',
  summary: `Show or change the terminal: ${flags.join(', ')}, rows N, cols N.`,
  options: [{ short: 'a', long: 'all', help: 'all settings' }],
  *run(parsed) {
    const termios = yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF');
    if (termios === null) {
      yield* complain('stty', "'standard input': Inappropriate ioctl for device");
      return 1;
    }
    const size = yield* sys.tcgetwinsize(0);
    if (parsed.operands.length === 0) {
      const shown = flags.map((flag) => (termios[flag] ? flag : `-${flag}`)).join(' ');
      yield* writeAll(1, `speed 38400 baud; rows ${size.rows}; columns ${size.cols};\n${shown}\n`);
      return 0;
    }
    return yield* change([...parsed.operands]);
  },
};

function* change(words: string[]): Sys<number> {
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const name = word.replace(/^-/, '');
    const size = yield* sys.tcgetwinsize(0);
    if (word === 'size') yield* writeAll(1, `${size.rows} ${size.cols}\n`);
    else if (word === 'sane') yield* sys.tcsetattr(0, sane);
    else if (name === 'raw') {
      const on = word !== 'raw';
      yield* sys.tcsetattr(0, { icanon: on, isig: on, iexten: on, icrnl: on, opost: on });
    } else if (word === 'rows') yield* sys.tcsetwinsize(0, { ...size, rows: Number(words.shift()) });
    else if (word === 'cols' || word === 'columns')
      yield* sys.tcsetwinsize(0, { ...size, cols: Number(words.shift()) });
    else if ((flags as readonly string[]).includes(name)) yield* sys.tcsetattr(0, { [name]: word === name });
    else throw new UsageError(`invalid argument '${word}'`);
  }
  return 0;
}
