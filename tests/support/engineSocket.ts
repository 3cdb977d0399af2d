/** A world whose daemon is reached twice: by its own docker command, and over a real socket by clients of this machine. */
import '../../src/shell/commands/utilities.ts';
import '../../src/world/virtualization.ts';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeUtf8 } from '../../src/base/index.ts';
import { serveSocket } from '../../src/cli/engineServer.ts';
import { RealTime } from '../../src/cli/realTime.ts';
import { createWorld } from '../../src/world/index.ts';

export interface Ended {
  /** Of both outputs. */
  readonly text: string;
  readonly status: number;
}

export interface EngineSocket {
  /** For files of a test's own. */
  readonly folder: string;
  /** A command line of this machine whose docker speaks to the socket. */
  real(line: string, env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** A command line of the simulated host. */
  simulated(line: string): Promise<Ended>;
  close(): void;
}

export async function engineSocket(): Promise<EngineSocket> {
  const outer = mkdtempSync(join(tmpdir(), 'virtbook-client-'));
  const path = join(outer, 'docker.sock');
  const folder = join(outer, 'work');
  mkdirSync(folder);
  const epoch = Math.floor(Date.now() / 1000);
  const images = [
    { reference: 'base:latest', from: 'base:latest', layers: [] },
    {
      reference: 'notes:1',
      from: 'base:latest',
      layers: [{ '/srv/page': 'the page\n' }],
      config: { Cmd: ['cat', '/srv/page'], Labels: { kind: 'test' } },
    },
  ];
  const world = createWorld({ epoch, hosts: [{ name: 'bluebox', images, network: {} }] }, 'socket');
  const host = world.host('bluebox');
  const time = new RealTime(world, epoch);
  const server: Server = await serveSocket(path, host, '/run/docker.sock', time);
  time.run();
  return {
    folder,
    real: (line, env = {}) =>
      new Promise((resolve) => {
        const options = {
          env: { ...process.env, DOCKER_HOST: `unix://${path}`, DOCKER_CONFIG: outer, ...env },
          timeout: 20_000,
          killSignal: 'SIGKILL' as const,
        };
        execFile('bash', ['-c', `exec 2>&1; ${line}`], options, (error, text) =>
          resolve({ text, status: error === null ? 0 : Number(error.code ?? -1) }),
        );
      }),
    simulated: (line) =>
      new Promise((resolve) => {
        let text = '';
        host.spawn({
          argv: ['/bin/bash', '-c', `exec 2>&1; ${line}`],
          onOutput: (bytes) => {
            text += decodeUtf8(bytes);
          },
          onExit: ({ state }) => resolve({ text, status: state.kind === 'exited' ? state.code : -1 }),
        });
        time.run();
      }),
    close() {
      time.close();
      server.close();
      rmSync(outer, { recursive: true });
    },
  };
}
