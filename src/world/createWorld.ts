/** The one place that wires everything together: scenario and seed in, a booted world out. */
import { decodeUtf8, Random, SECOND } from '../base/index.ts';
import { engineFiles } from '../container/index.ts';
import { kernelFiles, LinuxHost, type MemFs, type ProgramTable, type WaitStatus } from '../linux/index.ts';
import { hostCommand } from './hostCommand.ts';
import { hypervisorParts } from './hypervisors.ts';
import { buildImages } from './images.ts';
import { hasNetwork, makeNetworks, type Networks } from './networks.ts';
import { localExecutables, programs, userland } from './programs.ts';
import { hostFiles, initScripts, registryNames } from './rootFiles.ts';
import { DEFAULT_EPOCH, type HostSpec, type Scenario, ScenarioError } from './scenario.ts';
import { type OnOops, World } from './world.ts';

/** Virtual time that booting and the setup script of a host may take. */
const SETUP_LIMIT = 120 * SECOND;

/** Builds and boots the scenario's hosts and runs their setup scripts. Throws ScenarioError when one fails; without `onOops` every Oops. */
export function createWorld(scenario: Scenario, seed: string, onOops?: OnOops): World {
  const world = new World(seed, onOops);
  const { events, trace } = world;
  const networks = makeNetworks(scenario.hosts, scenario.cables ?? [], { events, trace, seed });
  for (const spec of scenario.hosts) {
    const build = (disk?: MemFs) => buildHost({ world, networks, scenario, onOops }, spec, disk);
    const host = build();
    world.addHost(host, build);
    host.boot();
    awaitBoot(world, host);
    if (spec.setup !== undefined) runSetup(world, host, spec.setup);
    // What the setup has left behind is as old as the rest.
    host.sync();
  }
  return world;
}

/** What the hosts of a world have in common. */
interface Surroundings {
  readonly world: World;
  readonly networks: Networks | null;
  readonly scenario: Scenario;
  readonly onOops: OnOops | undefined;
}

/** From the scenario, or with what is on the `disk` of an earlier life. */
function buildHost(
  { world, networks, scenario, onOops }: Surroundings,
  spec: HostSpec,
  disk?: MemFs,
): LinuxHost {
  const engine = spec.images !== undefined;
  const hypervisor = spec.hypervisor !== undefined;
  const { events, trace } = world;
  const local: ProgramTable = new Map([
    ...(hypervisor ? hostCommand(() => events.after(0, () => world.powerCycle(spec.name))) : []),
    ...(spec.programs ?? []),
  ]);
  const readFile = (path: string) => made.view.readFile(path);
  const network = hasNetwork(spec) ? networks!.host(spec) : null;
  const parts = hypervisorParts(spec.hypervisor, {
    host: spec.name,
    events,
    trace,
    readFile,
    network: network?.namespace ?? null,
  });
  const made: LinuxHost = new LinuxHost({
    name: spec.name,
    events,
    trace,
    random: Random.fromSeed(`${world.seed}/${spec.name}`),
    epoch: scenario.epoch ?? DEFAULT_EPOCH,
    cpus: spec.cpus ?? 2,
    memory: spec.memory ?? 4 * 2 ** 30,
    programs: new Map([...programs, ...parts.programs, ...(network?.programs ?? []), ...local]),
    ...(disk !== undefined && { disk }),
    ...(onOops !== undefined && { onOops }),
    writeBack: hypervisor,
    drivers: parts.drivers,
    ...(network !== null && { network: network.stack }),
    files: {
      ...hostFiles(spec, registryNames(scenario.hosts)),
      ...kernelFiles,
      ...userland({
        host: true,
        engine,
        hypervisor,
        clouds: spec.clouds ?? false,
        network: network !== null,
      }),
      ...initScripts({ engine }),
      ...localExecutables(local),
      ...parts.files,
      ...network?.files,
      ...(spec.images !== undefined && engineFiles(buildImages(spec.images))),
      ...spec.files,
    },
    ...(spec.filesystems !== undefined && { filesystems: spec.filesystems }),
  });
  return made;
}

function awaitBoot(world: World, host: LinuxHost): void {
  if (!world.runUntil(() => host.booted, world.now + SETUP_LIMIT)) {
    throw new ScenarioError(`${host.name} did not finish booting within ${SETUP_LIMIT / SECOND} s`);
  }
}

function runSetup(world: World, host: LinuxHost, script: string): void {
  let output = '';
  let ended: WaitStatus | null = null;
  host.spawn({
    argv: ['/bin/bash', '-e', '-u', '-c', script],
    onOutput: (bytes) => {
      output += decodeUtf8(bytes);
    },
    onExit: (status) => {
      ended = status;
    },
  });
  world.runUntil(() => ended !== null, world.now + SETUP_LIMIT);
  const state = (ended as WaitStatus | null)?.state;
  if (state?.kind === 'exited' && state.code === 0) return;
  const how =
    state === undefined
      ? `did not end within ${SETUP_LIMIT / SECOND} s`
      : state.kind === 'exited'
        ? `ended with status ${state.code}`
        : `ended by ${state.kind}`;
  throw new ScenarioError(`setup of ${host.name} ${how}; it printed:\n${output}`);
}
