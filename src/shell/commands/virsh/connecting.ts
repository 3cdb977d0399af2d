/** To the daemon of this host, or of another one by its URI. */
import { isOsError, strerror } from '../../../base/index.ts';
import { Connection, LIBVIRT_PORT, LIBVIRT_SOCKET } from '../../../libvirt/client.ts';
import type { Sys } from '../../../linux/index.ts';
import { resolveHost } from '../../../linux/net/names.ts';
import { VirshError } from './commands.ts';

/** Of the daemon of the host. */
export const LOCAL_URI = 'qemu:///system';

/** Of a connection URI. Throws VirshError for what is not simulated. */
export function hostOf(uri: string): string {
  const [, driver, transport, host, path] = /^([a-z]+)(?:\+([a-z]+))?:\/\/([^/]*)\/?(.*)$/.exec(uri) ?? [];
  if (driver === undefined) throw new VirshError(`invalid connection URI '${uri}'`);
  if (driver !== 'qemu')
    throw new VirshError(
      `the hypervisor '${uri}' is not simulated on this host; there is ${LOCAL_URI} and qemu+tcp://HOST/system`,
    );
  if (transport !== 'tcp')
    throw new VirshError(
      `the transport '${transport ?? 'tls'}' is not simulated on this host; there is qemu+tcp://HOST/system`,
    );
  if (path !== 'system') throw new VirshError(`there is qemu+tcp://HOST/system, not '${uri}'`);
  const [name = '', port = `${LIBVIRT_PORT}`] = host!.split(':');
  if (name === '') throw new VirshError(`invalid connection URI '${uri}': a host is missing`);
  if (port !== `${LIBVIRT_PORT}`)
    throw new VirshError(`another port than ${LIBVIRT_PORT} is not simulated on this host`);
  return name;
}

/** Throws VirshError. */
export function* connectTo(host: string): Sys<{ readonly target: Connection; readonly address: number }> {
  const address = yield* resolveHost(host);
  if (address === null)
    throw new VirshError(
      `Unable to resolve address '${host}' service '${LIBVIRT_PORT}': Name or service not known`,
    );
  try {
    return { target: yield* Connection.openRemote(address), address };
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new VirshError(`unable to connect to server at '${host}:${LIBVIRT_PORT}': ${strerror(error.code)}`);
  }
}

/** Another connection to the same daemon each time. Throws VirshError, for a URI of another kind at once. */
export function connector(uri: string): () => Sys<Connection> {
  const host = uri === LOCAL_URI ? null : hostOf(uri);
  return function* () {
    try {
      return host === null ? yield* openLocal() : (yield* connectTo(host)).target;
    } catch (error) {
      if (!(error instanceof VirshError)) throw error;
      throw new VirshError(`failed to connect to the hypervisor\nerror: ${error.message}`);
    }
  };
}

function* openLocal(): Sys<Connection> {
  try {
    return yield* Connection.open();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new VirshError(`Failed to connect socket to '${LIBVIRT_SOCKET}': ${strerror(error.code)}`);
  }
}
