/** Which daemon the client speaks to: that of -H or DOCKER_HOST, else the host's own. docker/cli's opts/hosts.go. */
import { type Address, DOCKER_SOCKET, dial } from '../../../container/index.ts';
import type { Sys } from '../../../linux/index.ts';
import { DockerError } from './dockerError.ts';

export interface Daemon {
  /** As messages name it. */
  readonly name: string;
  readonly address: Address;
  /** What requests are sent to, of one that is reached by TCP. */
  readonly url: string | null;
}

const local = (path: string): Daemon => ({ name: `unix://${path}`, address: path, url: null });
const OWN = local(DOCKER_SOCKET);

const uninitialized = (why: string) => new DockerError(`Failed to initialize: ${why}`);

/** `tcp://HOST[:PORT]`, `unix://PATH`, or HOST alone. Throws DockerError. */
export function daemonAt(text: string): Daemon {
  const host = text.trim();
  if (host === '') return OWN;
  const [, protocol = 'tcp', rest = ''] = /^(?:([^:/]+):\/\/)?(.*)$/s.exec(host)!;
  if (protocol === 'unix') return rest === '' ? OWN : local(rest);
  if (protocol === 'npipe') throw uninitialized('protocol not available');
  if (protocol === 'ssh') throw new DockerError('docker: a daemon over ssh is not simulated on this host.');
  const [whole, name = '', port = '', path = ''] = /^([^/:]*)(?::(\d*))?(\/.*)?$/.exec(rest) ?? [];
  if (protocol !== 'tcp' || whole === undefined)
    throw uninitialized(`unable to resolve docker endpoint: invalid bind address format: ${host}`);
  const [there, at] = [name || 'localhost', Number(port || 2375)];
  const where = `${there}:${at}${path}`;
  return { name: `tcp://${where}`, address: () => dial(there, at), url: `http://${where}` };
}

let current = OWN;

/** The one that the running command speaks to. */
export const daemon = (): Daemon => current;

/** Runs `body` with all that it asks sent to `there`: between two of its system calls nobody else looks at `daemon`. */
export const speakingTo = <T>(there: Daemon, body: Sys<T>): Sys<T> =>
  there === OWN ? body : redirected(there, body);

function* redirected<T>(there: Daemon, body: Sys<T>): Sys<T> {
  const within = (go: () => ReturnType<typeof body.next>) => {
    current = there;
    try {
      return go();
    } finally {
      current = OWN;
    }
  };
  let step = within(() => body.next());
  while (step.done !== true) {
    let reply: unknown;
    try {
      reply = yield step.value;
    } catch (error) {
      step = within(() => body.throw(error));
      continue;
    }
    step = within(() => body.next(reply));
  }
  return step.value;
}
