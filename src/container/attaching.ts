/** `docker attach`: the streams of a container's first process on a connection. */
import { type PollRequest, type Sys, sys } from '../linux/index.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import type { Exchange } from './http.ts';
import { type Container, EngineError } from './model.ts';
import { askLiveShim } from './shimClient.ts';
import { Outbox, readOrNothing, writeOrDrop } from './streams.ts';

/** Streams `0` (to standard input), `1` and `2`. Throws EngineError when the state forbids it. */
export function* attach(
  engine: Engine,
  container: Container,
  exchange: Exchange,
  streams: readonly string[],
): Sys<null> {
  const { State, ID } = container;
  if (State.Paused)
    throw new EngineError(409, `container ${ID} is paused, unpause the container before attach`);
  if (State.Restarting)
    throw new EngineError(409, `container ${ID} is restarting, wait until the container is running`);
  const shim = yield* askLiveShim(container, `attach ${streams.join(' ')}`);
  yield* tell(engine, container, 'attach');
  yield* sys.read(shim, 3);
  const first = yield* exchange.hijack(container.Config.Tty);
  const client = exchange.fd;
  const toShim = new Outbox();
  toShim.put(first);
  let listening = true;
  for (;;) {
    // While the program does not read, its client waits; what it prints goes on.
    const events = toShim.waiting ? 'inout' : 'in';
    const requests: PollRequest[] = [{ fd: shim, events }];
    if (listening && !toShim.waiting) requests.push({ fd: client, events: 'in' });
    for (const reply of yield* sys.poll(requests, null)) {
      if (reply.fd === shim && toShim.waiting && (reply.out || reply.hup)) yield* toShim.flush(shim);
      if (!reply.in && !reply.hup) continue;
      const bytes = yield* readOrNothing(reply.fd);
      if (reply.fd === shim) {
        if (bytes.length === 0) return null;
        yield* writeOrDrop(client, bytes);
      } else if (bytes.length > 0) toShim.put(bytes);
      else {
        listening = false;
        yield* sys.shutdown(shim, 'wr');
      }
    }
  }
}
