/** `virtbook engine`: the Docker Engine API of a simulated host on a socket of this machine, for docker, curl and others. */
import '../container/libpod/index.ts';
import '../shell/commands/utilities.ts';
import '../world/virtualization.ts';
import type { Server } from 'node:net';
import { DOCKER_SOCKET } from '../container/index.ts';
import { Session } from '../exercise/index.ts';
import { BASE_REFERENCE, createWorld, type Scenario, type World } from '../world/index.ts';
import { CommandError } from './commandError.ts';
import { makeRoom, serveSocket } from './engineServer.ts';
import { loadExercise, sandbox } from './exercises.ts';
import { tellOops } from './oops.ts';
import { joinRegistry, outsideRegistryPrograms, registryPort } from './outsideRegistry.ts';
import { RealTime } from './realTime.ts';

interface Options {
  readonly socket: string;
  readonly exercise?: string;
  readonly host?: string;
  readonly seed: string;
  readonly registry?: string;
}

/** Programs on people's machines are older than the newest engine: skopeo of Debian 12 speaks 1.22. */
const OLD_CLIENTS = { '/etc/docker/daemon.json': '{ "min-api-version": "1.12" }\n' };

/** A host with the project's base image alone, and a network for its containers. */
const DEFAULT_SCENARIO: Scenario = {
  hosts: [
    {
      name: 'virtbook',
      images: [{ reference: BASE_REFERENCE, from: BASE_REFERENCE, layers: [] }],
      network: {},
    },
  ],
};

export async function engineCommand(options: Options): Promise<void> {
  const registry = options.registry === undefined ? null : registryPort(options.registry);
  await makeRoom(options.socket);
  const epoch = Math.floor(Date.now() / 1000);
  const world = await worldOf(options, epoch);
  const host = hostOf(world, options.host);
  const time = new RealTime(world, epoch);
  const server = await serveSocket(options.socket, host, DOCKER_SOCKET, time);
  time.run();
  if (registry !== null) joinRegistry(host, registry, time);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => end(server, time));
  process.stdout.write(`unix://${options.socket}\n`);
}

/** With this machine's time of day, since clients reckon with it: `Up 5 minutes`, `--since 10m`. */
async function worldOf({ exercise: id, seed, registry }: Options, epoch: number): Promise<World> {
  const more = registry === undefined ? [] : [...outsideRegistryPrograms];
  const now = (scenario: Scenario): Scenario => ({
    ...scenario,
    epoch,
    hosts: scenario.hosts.map((host) => ({
      ...host,
      files: { ...OLD_CLIENTS, ...host.files },
      programs: new Map([...(host.programs ?? []), ...more]),
    })),
  });
  if (id === undefined) return createWorld(now(DEFAULT_SCENARIO), seed, tellOops);
  const { exercise } = await loadExercise(id);
  const session = await Session.start({
    exercise: { ...exercise, scenario: (variant) => now(exercise.scenario(variant)) },
    seed,
    sandbox,
    onOops: tellOops,
  });
  return session.world;
}

function hostOf(world: World, name: string | undefined) {
  const engines = world.hosts.filter((host) => host.view.stat(DOCKER_SOCKET) !== null);
  const names = engines.map((host) => host.name).join(', ');
  if (engines.length === 0) throw new CommandError('No host of this exercise has a container engine.');
  const found = name === undefined ? engines[0] : engines.find((host) => host.name === name);
  if (found === undefined) throw new CommandError(`--host ${name}: hosts with an engine are ${names}.`);
  return found;
}

/** The socket goes with its server. */
function end(server: Server, time: RealTime): void {
  time.close();
  server.close();
  process.exit(0);
}
