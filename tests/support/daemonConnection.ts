/** A daemon's socket from outside of its world. */
import { expect } from 'vitest';
import { SECOND } from '../../src/base/index.ts';
import type { LinuxHost } from '../../src/linux/index.ts';
import type { World } from '../../src/world/index.ts';

const SOCKET = '/run/docker.sock';

/** Sends `pieces`, a millisecond apart, ends the sending side, and gives all that comes until the daemon closes. */
export const exchangeWith =
  (world: World, host: LinuxHost) =>
  (pieces: readonly Uint8Array[]): string => {
    let text = '';
    let ended = false;
    const connection = host.connect(SOCKET, {
      onData: (bytes) => {
        text += String.fromCharCode(...bytes);
      },
      onEnd: () => {
        ended = true;
      },
      onRoom: () => {},
    });
    for (const piece of pieces) {
      try {
        connection.write(piece);
      } catch {
        // The daemon has closed: it has had enough of this.
        break;
      }
      world.run(world.now + 1_000_000);
    }
    try {
      connection.end();
    } catch {}
    expect(world.runUntil(() => ended, world.now + 60 * SECOND)).toBe(true);
    connection.close();
    return text;
  };
