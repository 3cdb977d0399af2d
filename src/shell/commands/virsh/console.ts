/** virsh console: the guest's serial port on this terminal. */
import type { Connection } from '../../../libvirt/client.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { orNull } from '../support.ts';
import { lookup, orFail } from './asking.ts';
import { DOMAIN, type Virsh, type VirshCommand, VirshError } from './commands.ts';

/** Throws VirshError when standard input is no terminal. */
export function* requireTerminal(): Sys<void> {
  if ((yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF')) === null)
    throw new VirshError('Cannot run interactive console without a controlling TTY');
}

/** `^]` for the byte 29. */
export function caret(byte: number): string {
  return `^${String.fromCharCode(byte + 64)} (Ctrl + ${String.fromCharCode(byte + 64)})`;
}

/** Until the escape character is typed or the domain ends. `resume` lets a paused domain go on once the console is there. */
export function* openConsole(
  virsh: Virsh,
  { name, uuid }: { readonly name: string; readonly uuid: string },
  { force, resume }: { readonly force: boolean; readonly resume: boolean },
): Sys<void> {
  const stream = yield* virsh.open();
  const before = yield* sys.tcgetattr(0);
  try {
    yield* orFail(`Failed to open console of domain '${name}'`, () =>
      stream.ask('console', { key: uuid, force }),
    );
    yield* writeAll(1, `Connected to domain '${name}'\nEscape character is ${caret(virsh.escapeByte)}\n`);
    const raw = { icanon: false, echo: false, isig: false, icrnl: false, iexten: false, opost: false };
    yield* sys.tcsetattr(0, raw);
    if (resume) yield* virsh.connection.ask('resume', { key: uuid });
    yield* relay(stream, virsh.escapeByte);
  } finally {
    yield* sys.tcsetattr(0, before);
    yield* stream.close();
  }
  yield* writeAll(1, '\n');
}

function* relay(stream: Connection, escapeByte: number): Sys<void> {
  yield* writeAll(1, stream.takeRest());
  for (;;) {
    const replies = yield* sys.poll(
      [stream.fd, 0].map((fd) => ({ fd, events: 'in' })),
      null,
    );
    for (const reply of replies) {
      if (!reply.in) continue;
      const bytes = yield* sys.read(reply.fd, 65_536);
      if (bytes.length === 0) return;
      if (reply.fd === stream.fd) {
        yield* writeAll(1, bytes);
        continue;
      }
      const end = bytes.indexOf(escapeByte);
      yield* writeAll(stream.fd, end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) return;
    }
  }
}

export const consoleCommand: VirshCommand = {
  name: 'console',
  summary: 'connect to the guest console',
  description: 'Connect the virtual serial console for the guest',
  options: [
    DOMAIN,
    { name: 'force', help: 'force console connection (disconnect already connected sessions)' },
  ],
  unsimulated: 'devname safe',
  *run(virsh, args) {
    const domain = yield* lookup(virsh, args);
    if (domain.id === null) throw new VirshError('The domain is not running');
    yield* requireTerminal();
    yield* openConsole(virsh, domain, { force: args.has('force'), resume: false });
  },
};
