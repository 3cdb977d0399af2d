/** `docker attach`: the streams of a container's first process on a connection. */
import { type PollRequest, type Sys, sys } from '../linux/index.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import type { Exchange } from './http.ts';
import { pastOutput } from './logs.ts';
import { type Container, EngineError } from './model.ts';
import { askLiveShim } from './shimClient.ts';
import { Outbox, readOrNothing, writeOrDrop } from './streams.ts';

interface Attachment {
  /** What comes from now on; without it the connection ends with the log. */
  readonly stream: boolean;
  /** What was printed before. */
  readonly logs: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Throws EngineError when the state forbids it. */
export function* attach(
  engine: Engine,
  container: Container,
  exchange: Exchange,
  asked: Attachment,
): Sys<null> {
  const { State, ID } = container;
  if (State.Paused)
    throw new EngineError(409, `container ${ID} is paused, unpause the container before attach`);
  if (State.Restarting)
    throw new EngineError(409, `container ${ID} is restarting, wait until the container is running`);
  const outputs = (['stdout', 'stderr'] as const).filter((name) => asked[name]);
  const past = asked.logs ? yield* pastOutput(container, new Set(outputs)) : null;
  const client = exchange.fd;
  if (!asked.stream) {
    yield* exchange.hijack(container.Config.Tty);
    if (past !== null) yield* writeOrDrop(client, past);
    return null;
  }
  const streams = (['stdin', 'stdout', 'stderr'] as const).flatMap((name, i) => (asked[name] ? [i] : []));
  const shim = yield* askLiveShim(container, `attach ${streams.join(' ')}`);
  yield* tell(engine, container, 'attach');
  yield* sys.read(shim, 3);
  const first = yield* exchange.hijack(container.Config.Tty);
  if (past !== null) yield* writeOrDrop(client, past);
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
