/** How the daemon reaches other hosts. Names and sockets are code of hosts with a network: importing connecting.ts provides it. */
import type { Fd, Sys } from '../../linux/index.ts';

/** Why a host cannot be reached, in the words of Go's net package. */
export class DialError extends Error {}

type Dial = (host: string, port: number) => Sys<Fd>;

let provided: Dial | null = null;

export function provideDial(dial: Dial): void {
  provided = dial;
}

/** A connection. Throws DialError. */
export function* dial(host: string, port: number): Sys<Fd> {
  if (provided === null) throw new DialError(`dial tcp: lookup ${host}: connect: network is unreachable`);
  return yield* provided(host, port);
}
