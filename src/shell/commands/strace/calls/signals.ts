/** Signals, and tracing itself. */
import { type Disposition, PTRACE_O_TRACEFORK, type SignalName } from '../../../../linux/index.ts';
import { ADDRESS } from '../values.ts';
import { type Formats, filled, shown } from './types.ts';

const signalText = (signal: SignalName | 0) => (signal === 0 ? '0' : `SIG${signal}`);

/** A handler is an address. */
const handlers = { default: 'SIG_DFL', ignore: 'SIG_IGN', catch: ADDRESS } as const;
const action = (disposition: Disposition) => `{sa_handler=${handlers[disposition]}, sa_mask=[], sa_flags=0}`;

type Calls = 'kill' | 'sigaction' | 'takeSignals' | 'alarm' | 'pause' | 'sigprocmask' | 'ptrace';

export const signalFormats: Formats<Calls> = {
  kill: (_show, _done, pid, signal) => shown('kill', pid, signalText(signal)),
  sigaction(_, done, signal, disposition) {
    const before = done ? action(done.value) : ADDRESS;
    return filled(2, shown('rt_sigaction', signalText(signal), action(disposition), before, 8), '0');
  },
  takeSignals: 'a program looks at what its own signal handler noted, which is no call',
  alarm: (_, done, delay) => {
    const call = shown('alarm', Math.ceil(delay / 1e9));
    return done ? { ...call, result: String(Math.ceil(done.value / 1e9)) } : call;
  },
  pause: () => shown('pause'),
  sigprocmask(_, done, how, signals) {
    const before = done ? `[${done.value.join(' ')}]` : ADDRESS;
    const action = how === 'set' ? 'SIG_SETMASK' : `SIG_${how.toUpperCase()}`;
    return filled(2, shown('rt_sigprocmask', action, `[${signals.join(' ')}]`, before, 8), '0');
  },
  ptrace(_, done, request, pid, data = 0) {
    switch (request) {
      case 'PTRACE_SEIZE': {
        const options = data === PTRACE_O_TRACEFORK ? 'PTRACE_O_TRACEFORK' : data;
        return shown('ptrace', request, pid, 'NULL', options);
      }
      case 'PTRACE_INTERRUPT':
        return shown('ptrace', request, pid);
      case 'PTRACE_SYSCALL':
      case 'PTRACE_DETACH':
        return shown('ptrace', request, pid, 'NULL', signalText(data as SignalName | 0));
      case 'PTRACE_GETSIGINFO':
        return filled(3, shown('ptrace', request, pid, 'NULL', ADDRESS), '0');
      case 'PTRACE_GET_SYSCALL_INFO': {
        const info = done?.value;
        const stop = info !== undefined && 'op' in info ? info.op.toUpperCase() : '';
        const text = done ? `{op=PTRACE_SYSCALL_INFO_${stop}, ...}` : ADDRESS;
        return filled(2, shown('ptrace', request, pid, ADDRESS, text), done ? ADDRESS : undefined);
      }
    }
  },
};
