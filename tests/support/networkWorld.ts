/** Worlds of hosts on a network, and shells on them. */
import { decodeUtf8, SECOND } from '../../src/base/index.ts';
import type { WaitStatus } from '../../src/linux/index.ts';
import { createWorld, type Scenario, type World } from '../../src/world/index.ts';
import '../../src/shell/commands/utilities.ts';
import '../../src/world/networking.ts';

export interface NetworkWorld {
  readonly world: World;
  /** Runs a script on a host as root; both outputs together, and `[status]` when that is not 0. */
  sh(host: string, script: string, user?: string): string;
  advance(seconds: number): void;
}

export function networkWorld(scenario: Scenario, seed = 'network'): NetworkWorld {
  const world = createWorld(scenario, seed);
  const sh = (name: string, script: string, user = 'root'): string => {
    let text = '';
    let ended: WaitStatus | null = null;
    world.host(name).spawn({
      argv: ['/bin/bash', '-c', script],
      cwd: '/tmp',
      user,
      onOutput: (bytes) => {
        text += decodeUtf8(bytes);
      },
      onExit: (status) => {
        ended = status;
      },
    });
    if (!world.runUntil(() => ended !== null, world.now + 60 * SECOND))
      throw new Error(`the script did not end:\n${script}\n${text}`);
    const { state } = ended as unknown as WaitStatus;
    const good = state.kind === 'exited' && state.code === 0;
    return good ? text : `${text}[${state.kind === 'exited' ? state.code : state.kind}]\n`;
  };
  return { world, sh, advance: (seconds) => world.run(world.now + seconds * SECOND) };
}
