/**
 * Podman's own API, below /libpod. Its code comes later than the daemon's: importing ../libpod/index.ts provides it. Without it there are no such
 * paths, as there are none at Docker's daemon.
 */
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import type { Exchange, Request, Response } from '../http.ts';

type Answer = (engine: Engine, request: Request, client: Exchange) => Sys<Response | null>;

let provided: Answer | null = null;

export function provideLibpod(answer: Answer): void {
  provided = answer;
}

/** Who answers a path that is not of Docker's API; null for one that is. */
export const libpodFor = (path: string): Answer | null => (path.startsWith('/libpod/') ? provided : null);
