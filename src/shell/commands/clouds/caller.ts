/**
 * Files of whoever called a client. The client runs as the service's user, so a child of it gives up that user's rights first, and does
 * what has to be done with the caller's: what the service needs is open before.
 */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { CloudError } from './command.ts';

/** How much a child can say in one go. */
const MESSAGE_MAX = 4096;

/**
 * Runs `body` in a child with the caller's rights; what it gives, a short text, or what it throws as a CloudError or an error of the system,
 * comes back. `path` stands before the system's errors.
 */
export function* asCaller(path: string, body: () => Sys<string>): Sys<string> {
  const [ready, give] = yield* sys.pipe();
  const child = yield* sys.fork(function* () {
    yield* sys.close(ready);
    yield* sys.setuid(yield* sys.getuid());
    try {
      yield* writeAll(give, yield* body());
      return 0;
    } catch (error) {
      if (isOsError(error)) yield* writeAll(give, `${path}: ${strerror(error.code)}`);
      else if (error instanceof CloudError) yield* writeAll(give, error.message);
      else throw error;
      return 1;
    }
  });
  yield* sys.close(give);
  const parts: string[] = [];
  for (;;) {
    const bytes = yield* sys.read(ready, MESSAGE_MAX);
    if (bytes.length === 0) break;
    parts.push(String.fromCharCode(...bytes));
  }
  yield* sys.close(ready);
  const { state } = yield* sys.wait4(child);
  if (state.kind === 'exited' && state.code === 0) return parts.join('');
  throw new CloudError(parts.join('') || 'interrupted');
}
