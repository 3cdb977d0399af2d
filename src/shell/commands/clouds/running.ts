/** Instances: a cloud's VMs are domains of the host's hypervisor, which boot from their disks by their own firmware. */
import { encodeUtf8, isOsError } from '../../../base/index.ts';
import { Connection, Refusal } from '../../../libvirt/client.ts';
import { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { CloudError } from './command.ts';

export interface Machine {
  /** The domain's name. */
  readonly domain: string;
  /** The instance's own directory, absolute. */
  readonly folder: string;
  /** Whether it has a network interface. */
  readonly network: boolean;
}

const MEBIBYTES = 8;
/** The hypervisor's own network, with its DHCP server. */
const INTERFACE = "<interface type='network'><source network='default'/><model type='virtio'/></interface>";

const disk = (path: string, target: string, readOnly: boolean) =>
  `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${path}'/><target dev='${target}' bus='virtio'/>${readOnly ? '<readonly/>' : ''}</disk>`;

const domainXml = ({ domain, folder, network }: Machine) => `<domain type='kvm'>
  <name>${domain}</name>
  <memory unit='MiB'>${MEBIBYTES}</memory>
  <os>
    <type arch='riscv32' machine='virt'>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    ${disk(`${folder}/disk.raw`, 'vda', false)}
    ${disk(`${folder}/metadata`, 'vdb', true)}
    ${network ? INTERFACE : ''}
    <console type='pty'/>
  </devices>
</domain>`;

/** What the first-boot agent finds on the second disk: text, and zeros up to a whole number of sectors. */
export function metadataDisk(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  const disk = new Uint8Array(Math.ceil((bytes.length + 1) / METADATA_UNIT) * METADATA_UNIT);
  disk.set(bytes);
  return disk;
}

const METADATA_UNIT = 4096;

export function* writeWhole(path: string, contents: Uint8Array | string): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  yield* writeAll(fd, contents);
  yield* sys.close(fd);
}

/** Runs `body` with a connection to the hypervisor's daemon. Throws CloudError. */
export function* withHypervisor<T>(body: (connection: Connection) => Sys<T>): Sys<T> {
  let connection: Connection;
  try {
    connection = yield* Connection.open();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new CloudError('no machine can be started: the hypervisor of this host does not answer');
  }
  try {
    return yield* body(connection);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new CloudError(`the machine cannot be started: ${error.message}`);
  } finally {
    yield* connection.close();
  }
}

/** A process of the cloud's that writes down what a machine's serial port says, from its first character to its end. */
function* logSerialPort(domain: string, path: string): Sys<void> {
  const [ready, tellReady] = yield* sys.pipe();
  yield* sys.fork(function* () {
    yield* sys.setsid();
    yield* sys.setname('serial-log');
    yield* sys.close(ready);
    for (const fd of [0, 1, 2]) yield* sys.close(fd);
    const log = yield* sys.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600);
    const connection = yield* Connection.open();
    yield* connection.ask('console', { key: domain, force: true });
    const rest = connection.takeRest();
    yield* sys.close(tellReady);
    if (rest.length > 0) yield* writeAll(log, rest);
    for (;;) {
      const bytes = yield* sys.read(connection.fd, 4096);
      if (bytes.length === 0) return 0;
      yield* writeAll(log, bytes);
    }
  });
  yield* sys.close(tellReady);
  // Until the logger listens; its end, for whatever reason, is told in the same way.
  yield* sys.read(ready, 1);
  yield* sys.close(ready);
}

/** Starts a machine whose disks are in its folder: `disk.raw` and `metadata`. Throws CloudError. */
export function* startMachine(machine: Machine): Sys<void> {
  const { folder, domain } = machine;
  yield* withHypervisor(function* (connection) {
    yield* connection.ask('create', { xml: domainXml(machine), paused: true });
    yield* logSerialPort(domain, `${folder}/serial.log`);
    yield* connection.ask('resume', { key: domain });
  });
}

/** Whether a domain is there and runs. */
export function* isRunning(domain: string): Sys<boolean> {
  return yield* withHypervisor(function* (connection) {
    const all = yield* connection.ask('list', {});
    return all.some((each) => each.name === domain && each.state === 'running');
  });
}

export function* stopMachine(domain: string): Sys<void> {
  if (!(yield* isRunning(domain))) return;
  yield* withHypervisor((connection) => connection.ask('destroy', { key: domain }));
}
