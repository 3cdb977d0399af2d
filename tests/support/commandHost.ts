/** A host with bash and all utilities: runs a command line, and gives what it wrote and how it ended. */
import { decodeUtf8 } from '../../src/base/index.ts';
import type { FileTree } from '../../src/linux/index.ts';
import { commandPrograms } from '../../src/shell/commands/index.ts';
import { shellPrograms } from '../../src/shell/index.ts';
import { type TestHost, testHost } from './linuxHost.ts';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface CommandHost extends TestHost {
  /** Runs `line` in bash, in /work, with a small environment. */
  command(line: string, options?: { user?: string }): CommandResult;
}

export function commandHost(files: FileTree = {}, options: { network?: boolean } = {}): CommandHost {
  const test = testHost(
    { ...Object.fromEntries(shellPrograms), ...Object.fromEntries(commandPrograms) },
    {
      ...options,
      files: { '/work': { type: 'dir', mode: 0o777 }, '/var/out': { type: 'dir', mode: 0o777 }, ...files },
    },
  );
  const outer =
    'unset OLDPWD; HOME=/root PATH=/usr/bin LANG=C.UTF-8 /usr/bin/bash -c "$1" >/var/out/stdout 2>/var/out/stderr </dev/null';
  return {
    ...test,
    command(line, { user = 'root' } = {}) {
      const { state } = test.run(['/usr/bin/bash', '-c', outer, 'outer', line], { cwd: '/work', user });
      const file = (name: string) =>
        decodeUtf8(test.host.view.readFile(`/var/out/${name}`) ?? new Uint8Array());
      const status = state?.kind === 'exited' ? state.code : -1;
      return { stdout: file('stdout'), stderr: file('stderr'), status };
    },
  };
}
