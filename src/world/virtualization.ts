/** The code of hosts with VMs (hypervisors.ts): importing this file provides it. */
import { assert, Random } from '../base/index.ts';
import { guestInitramfs, guestKernel, VirtualSwitch } from '../hypervisor/index.ts';
import {
  CONFIG_PATH,
  EMULATOR,
  EMULATOR_PATH,
  emulator,
  KvmDriver,
  LOG_PATH,
  libvirtd,
  SNAPSHOT_PATH,
  TunDriver,
} from '../libvirt/index.ts';
import { executableImage, type FileTree } from '../linux/index.ts';
import { BridgeDevice, customaryBroadcast, Dnsmasq, type NetworkNamespace } from '../network/index.ts';
import { type HypervisorPlace, provideHypervisors } from './hypervisors.ts';
import { type NetworkBootSpec, ScenarioError } from './scenario.ts';
import { TraceDriver } from './traceDriver.ts';
import './networking.ts';
import './virsh.ts';

const MIB = 2 ** 20;

/** A guest system that comes with the host, for domains to boot. */
const GUEST = '/usr/share/virtbook';

const start = `#!/bin/sh
mkdir -p /run/libvirt
libvirtd --listen >/var/log/libvirtd.log 2>&1 &
while [ ! -S /run/libvirt/libvirt-sock ]; do sleep 0.01; done
`;

/** The same for all hosts, so it is made once. */
let guest: FileTree | null = null;

function guestFiles(): FileTree {
  guest ??= {
    [`${GUEST}/kernel`]: { content: guestKernel() },
    [`${GUEST}/initramfs`]: { content: guestInitramfs() },
  };
  return guest;
}

/** libvirt's network `default`. */
const DEFAULT_NETWORK = {
  address: 0xc0a8_7a01, // 192.168.122.1
  prefixLength: 24,
  range: [0xc0a8_7a02, 0xc0a8_7afe],
  leaseTime: 3600,
} as const;

/** The other ends of VMs' cables: a bridge, as libvirt's network `default` has it, with dnsmasq for addresses and boot files. */
function virtualNetwork(
  { host, network, readFile }: HypervisorPlace,
  boot: NetworkBootSpec | undefined,
): NetworkNamespace {
  assert(network !== null, `${host} has a hypervisor and no network`);
  const bridge = new BridgeDevice(network.context, 'virbr0');
  // libvirt gives its bridges addresses of their own, which do not change with their ports.
  const [a, b, c] = Random.fromSeed(`${host}/virbr0`).bytes(3);
  const byte = (value: number | undefined) => value!.toString(16).padStart(2, '0');
  bridge.setMac(`52:54:00:${byte(a)}:${byte(b)}:${byte(c)}`);
  network.add(bridge);
  bridge.setUp(true);
  const { address, prefixLength } = DEFAULT_NETWORK;
  network.addresses.add(bridge, address, prefixLength, {
    broadcast: customaryBroadcast(address, prefixLength),
  });
  new Dnsmasq({
    namespace: network,
    device: bridge,
    dhcp: {
      ...DEFAULT_NETWORK,
      hosts: new Map(),
      routers: [address],
      nameServers: [],
      domain: null,
      bootFile: boot?.bootFile ?? null,
      nextServer: null,
    },
    tftp: boot === undefined ? null : (path) => readFile(`${boot.tftpRoot}/${path}`),
  }).start();
  return network;
}

provideHypervisors((spec, place) => {
  const { memory, traceExits = false, traceConsole = false, services, boots, policies } = spec;
  const { host, events, trace } = place;
  if (!Number.isInteger(memory / MIB) || memory < MIB || memory > 2 ** 31)
    throw new ScenarioError(
      `${host}: a hypervisor's memory is 1 MiB to 2 GiB in whole MiB, not ${memory} bytes`,
    );
  const daemon = libvirtd(({ config, state, reason }) =>
    trace.emit('domain.state', host, { domain: config.name, state, reason }),
  );
  for (const device of place.network?.devices ?? [])
    if (device instanceof BridgeDevice) device.policy = policies?.bridge ?? null;
  const network = virtualNetwork(place, spec.networkBoot);
  const bridging =
    policies?.forward === undefined
      ? null
      : new VirtualSwitch({
          name: `${host}/virbr0`,
          forward: policies.forward,
          ...(policies.onFault && { onPolicyFault: policies.onFault }),
          trace,
        });
  return {
    // One processor, whose clock is exact in the middle of a slice.
    drivers: [
      new KvmDriver({
        host,
        events,
        trace,
        traceExits,
        traceConsole,
        memory,
        cpus: 1,
        services,
        boots,
        policies,
      }),
      new TunDriver(network, bridging),
      new TraceDriver(trace, host),
    ],
    programs: new Map([
      ['libvirtd', daemon],
      [EMULATOR, emulator],
    ]),
    files: {
      [CONFIG_PATH]: { type: 'dir', mode: 0o700 },
      '/var/lib/libvirt': { type: 'dir' },
      '/var/lib/libvirt/qemu': { type: 'dir', mode: 0o711 },
      [SNAPSHOT_PATH]: { type: 'dir', mode: 0o700 },
      '/var/lib/libvirt/images': { type: 'dir', mode: 0o755 },
      '/var/log/libvirt': { type: 'dir', mode: 0o700 },
      [LOG_PATH]: { type: 'dir', mode: 0o700 },
      [EMULATOR_PATH]: { content: executableImage(EMULATOR), mode: 0o755 },
      '/usr/sbin/libvirtd': { content: executableImage('libvirtd'), mode: 0o755 },
      '/etc/init.d/30-libvirt': { content: start, mode: 0o755 },
      ...guestFiles(),
    },
  };
});
