/** `docker attach`: the streams of a container's first process on a connection. */
import { type Sys, sys } from '../linux/index.ts';
import type { Exchange } from './http.ts';
import type { Container } from './model.ts';
import { readOrNothing, writeOrDrop } from './shim.ts';
import { askLiveShim } from './shimClient.ts';

export function* attach(container: Container, exchange: Exchange): Sys<null> {
  const shim = yield* askLiveShim(container, 'attach');
  yield* sys.read(shim, 3);
  const first = yield* exchange.hijack(container.Config.Tty);
  const client = exchange.fd;
  if (first.length > 0) yield* writeOrDrop(shim, first);
  let listening = true;
  for (;;) {
    const fds = listening ? [shim, client] : [shim];
    for (const reply of yield* sys.poll(
      fds.map((fd) => ({ fd, events: 'in' })),
      null,
    )) {
      if (!reply.in && !reply.hup) continue;
      const bytes = yield* readOrNothing(reply.fd);
      if (reply.fd === shim) {
        if (bytes.length === 0) return null;
        yield* writeOrDrop(client, bytes);
      } else if (bytes.length > 0) yield* writeOrDrop(shim, bytes);
      else {
        listening = false;
        yield* sys.shutdown(shim, 'wr');
      }
    }
  }
}
