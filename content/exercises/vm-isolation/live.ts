/** The learner's functions as the hypervisor's decisions. What does not answer is told, and the hypervisor's own rule stands in for it. */
import type { Json, LiveCode, LiveHost } from '../../../src/exercise/index.ts';
import {
  ALL_ACCESS,
  fairShares,
  type HostPolicies,
  ownFrames,
  ownPorts,
  ownSectors,
  type VcpuTurn,
} from '../../../src/exercise/virtualization.ts';

/** Of the hypervisor's own turns. */
const QUANTUM = 2_000_000;
const LEAST_QUANTUM = 100_000;

/** Tells each kind of fault once, until there is other code: a scheduler is asked hundreds of times a second. */
function teller({ report, onChange }: LiveHost) {
  const told = new Set<string>();
  onChange(() => told.clear());
  /** Numbers do not make another kind of it. */
  return (message: string) => {
    const kind = message.replace(/\d+/g, '#');
    if (!told.has(kind)) report(message);
    told.add(kind);
  };
}

type Tell = ReturnType<typeof teller>;

/** Calls a function of the learner's; undefined when it gives nothing that could be used. */
function asker({ code, print }: LiveHost, tell: Tell) {
  return (name: string, ...args: readonly unknown[]): Json | undefined => {
    const sandbox = code();
    if (sandbox === null) {
      tell(
        `${name}: the code does not run yet: see its problems in the editor; the hypervisor’s own rules are used`,
      );
      return undefined;
    }
    const result = sandbox.call(name, args as readonly Json[]);
    for (const line of result.output) print(line);
    if (result.ok) return result.value;
    const { message, file, line } = result.error;
    tell(
      `${name}: ${message}${file === undefined ? '' : ` (${file}, line ${line})`}; the hypervisor’s own rule was used`,
    );
    return undefined;
  };
}

function policies(live: LiveHost): HostPolicies {
  const tell = teller(live);
  const ask = asker(live, tell);
  const shares = fairShares(QUANTUM);
  /** Before the learner comes, the VMs boot by the hypervisor's own rules: the same, and sooner. */
  const ready = () => !live.settingUp();
  return {
    translate(vm, guestPhysical, access) {
      const own = () => ownFrames(vm, guestPhysical, access);
      if (!ready() || vm.firstFrame === null) return own();
      const { name, ramBase, ramSize, firstFrame } = vm;
      const by = access.by === 'device' ? 'device' : 'vcpu';
      const frame = ask('translate', { name, ramBase, ramSize, firstFrame }, guestPhysical, {
        kind: access.kind,
        by,
        guestVirtual: access.guestVirtual,
      });
      if (frame === undefined) return own();
      if (frame !== null) return { frame: frame as number, permissions: ALL_ACCESS };
      const fault = `translate refused ${name} 0x${guestPhysical.toString(16)}`;
      // What the guest sees of it may be nothing at all: without its trap handler it is at its end.
      if (guestPhysical >= ramBase && guestPhysical < ramBase + ramSize)
        tell(
          `${fault}, which is its own memory: it gets an access fault, and crashes where it has no handler`,
        );
      return { fault };
    },
    pickVcpu(runnable, now): VcpuTurn {
      const own = () => shares(runnable, now);
      // One alone is asked about, too: how long it may run matters to those that wake meanwhile.
      if (!ready()) return own();
      const turn = ask('pickVcpu', runnable, now) as Partial<VcpuTurn> | null | undefined;
      if (turn === undefined) return own();
      const { next, quantum } = turn ?? {};
      if (typeof next !== 'number' || next < 0 || next >= runnable.length || !Number.isInteger(next)) {
        tell(`pickVcpu gave ${JSON.stringify(turn)}: next is no index into a list of ${runnable.length}`);
        return own();
      }
      if (quantum === null) return { next, quantum };
      if (typeof quantum === 'number' && quantum >= LEAST_QUANTUM)
        return { next, quantum: Math.round(quantum) };
      tell(`pickVcpu gave a quantum of ${JSON.stringify(quantum ?? null)}: at least 100,000 ns, or null`);
      return { next, quantum: QUANTUM };
    },
    mapBlock(disk, sector, count) {
      if (!ready()) return ownSectors(disk, sector, count);
      const { name, vm, sectors, first } = disk;
      const place = ask('mapBlock', { name, vm, sectors, first }, sector, count);
      if (place === undefined) return ownSectors(disk, sector, count);
      return place === null
        ? { error: `mapBlock refused ${vm} ${count} sectors from ${sector} on` }
        : { sector: place as number, count };
    },
    forward(frame, inPort, ports) {
      if (!ready()) return ownPorts(frame, inPort, ports);
      const { destination, source, type, vlan } = frame;
      const names = ask('forward', { destination, source, type, vlan }, inPort, ports);
      return names === undefined ? ownPorts(frame, inPort, ports) : (names as string[]);
    },
    onFault: ({ policy, subject, message }) =>
      tell(`${policy}${subject === null ? '' : ` (${subject})`}: ${message}`),
    onChange: live.onChange,
  };
}

export const live: LiveCode = { policies };
