/** Terminals: ioctl_tty(2). */
import { O_RDWR, type Termios, type WindowSize } from '../../../../linux/index.ts';
import { ADDRESS } from '../values.ts';
import { openFlagNames } from './paths.ts';
import { type Formats, filled, type Show, type Shown, shown } from './types.ts';

/** Of struct termios what is simulated. */
function termiosText(termios: Partial<Termios>): string {
  const flags = (names: readonly (readonly [keyof Termios, string])[]) =>
    names
      .filter(([key]) => termios[key])
      .map(([, name]) => name)
      .join('|') || '0';
  const local = flags([
    ['isig', 'ISIG'],
    ['icanon', 'ICANON'],
    ['echo', 'ECHO'],
    ['iexten', 'IEXTEN'],
    ['tostop', 'TOSTOP'],
  ]);
  const output = termios.opost ? 'OPOST|ONLCR' : '0';
  return `{c_iflag=${flags([['icrnl', 'ICRNL']])}, c_oflag=${output}, c_lflag=${local}, ...}`;
}

const sizeText = ({ rows, cols }: WindowSize) => `{ws_row=${rows}, ws_col=${cols}, ws_xpixel=0, ws_ypixel=0}`;

const asked = (show: Show, fd: number, request: string, answer: string | null): Shown =>
  filled(2, shown('ioctl', show.fd(fd), request, answer ?? ADDRESS), '0');

type Calls =
  | 'tcgetattr'
  | 'tcsetattr'
  | 'tcgetpgrp'
  | 'tcsetpgrp'
  | 'tcgetwinsize'
  | 'tcsetwinsize'
  | 'tcsetctty'
  | 'openpty';

export const terminalFormats: Formats<Calls> = {
  tcgetattr: (show, done, fd) => asked(show, fd, 'TCGETS', done && termiosText(done.value)),
  /** A change alone, where Linux is given all of it again. */
  tcsetattr: (show, _, fd, termios) => {
    const changes = Object.entries(termios).map(([name, on]) => `${on ? '' : '-'}${name}`);
    return shown('ioctl', show.fd(fd), 'TCSETS', `{${[...changes, ADDRESS].join(', ')}}`);
  },
  tcgetpgrp: (show, done, fd) => asked(show, fd, 'TIOCGPGRP', done && `[${done.value}]`),
  tcsetpgrp: (show, _, fd, pgid) => shown('ioctl', show.fd(fd), 'TIOCSPGRP', `[${pgid}]`),
  tcgetwinsize: (show, done, fd) => asked(show, fd, 'TIOCGWINSZ', done && sizeText(done.value)),
  tcsetwinsize: (show, _, fd, size) => shown('ioctl', show.fd(fd), 'TIOCSWINSZ', sizeText(size)),
  tcsetctty: (show, _, fd) => shown('ioctl', show.fd(fd), 'TIOCSCTTY', 0),
  openpty(show, done, _size, directory) {
    const path = directory === undefined ? '/dev/ptmx' : `${directory}/ptmx`;
    const call = shown('openat', show.cwd(), show.path(path), openFlagNames(O_RDWR));
    return done ? { ...call, result: show.fd(done.value[0]) } : call;
  },
};
