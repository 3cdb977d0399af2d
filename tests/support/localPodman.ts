/** podman of this machine with storage in a folder of a test's. Nothing is ever run by it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Does not hold up what it speaks with in this process. */
export function runTool(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const options = { timeout: 30_000, env: { ...process.env, ...env } };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

export type Podman = (...args: string[]) => Promise<Ended>;

export function localPodman(folder: string): Podman {
  const run = join(folder, 'run');
  const auth = join(folder, 'auth.json');
  if (!existsSync(run)) mkdirSync(run);
  writeFileSync(auth, '{}');
  const places = ['root', 'runroot', 'tmpdir'].flatMap((name) => [`--${name}`, join(folder, name)]);
  const ways = ['--storage-driver=vfs', '--events-backend=none', '--cgroup-manager=cgroupfs'];
  const env = { HOME: folder, XDG_RUNTIME_DIR: run, REGISTRY_AUTH_FILE: auth };
  return (...args) => runTool('podman', [...places, ...ways, ...args], env);
}
