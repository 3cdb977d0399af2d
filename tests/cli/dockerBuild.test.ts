/** `virtbook engine`: images built by the real docker client without buildx, where that is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const installed = spawnSync('docker', ['--version']).status === 0;
const cli = fileURLToPath(new URL('../../src/cli/virtbook.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'virtbook-build-'));
const socket = join(folder, 'docker.sock');
const context = join(folder, 'context');
let server: ChildProcess | null = null;

function docker(...args: string[]) {
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_BUILDKIT: '0',
    DOCKER_CONFIG: folder,
  };
  const { status, stdout, stderr } = spawnSync('docker', args, { env, encoding: 'utf8', timeout: 60_000 });
  return { status, out: stdout, err: stderr };
}

describe.skipIf(!installed)('the docker client', () => {
  beforeAll(async () => {
    mkdirSync(join(context, 'dir'), { recursive: true });
    writeFileSync(join(context, 'dir', 'file'), 'from the context\n');
    writeFileSync(join(context, 'left.log'), 'x');
    writeFileSync(join(context, '.dockerignore'), '*.log\n');
    server = spawn(process.execPath, [cli, 'engine', '--socket', socket]);
    await new Promise((resolve) => server!.stdout!.once('data', resolve));
  }, 60_000);

  afterAll(async () => {
    const ended = new Promise((resolve) => server!.once('exit', resolve));
    server!.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true });
  });

  const build = (dockerfile: string, ...flags: string[]) => {
    writeFileSync(join(context, 'Dockerfile'), dockerfile);
    return docker('build', ...flags, context);
  };

  test('sends a context, shows the steps, and has the image', () => {
    const { out, status } = build(
      'FROM base AS one\nARG V=1\nCOPY . /in/\nRUN ls /in && echo $V >/made\nFROM base\nCOPY --from=one /made /in/dir/ /x/\nCMD ["cat", "/x/made", "/x/file"]\n',
      ...['-t', 'built:1', '--build-arg', 'V=2', '--iidfile', join(folder, 'iid')],
    );
    expect(status).toBe(0);
    expect(out).toContain('Step 4/7 : RUN ls /in && echo $V >/made\n ---> Running in ');
    expect(out).toContain('\nDockerfile\ndir\nRemoving intermediate container ');
    expect(out).toMatch(/Successfully built [0-9a-f]{12}\nSuccessfully tagged built:1\n$/);
    expect(docker('run', '--rm', 'built:1').out).toBe('2\nfrom the context\n');
    const id = readFileSync(join(folder, 'iid'), 'utf8');
    expect(docker('inspect', '-f', '{{.Id}}', 'built:1').out).toBe(`${id}\n`);
    expect(docker('history', '-q', '--no-trunc', 'built:1').out).toMatch(new RegExp(`^${id}\n<missing>\n`));
  });

  test('gives the status of a command that fails, and the daemon’s words for what cannot be read', () => {
    expect(build('FROM base\nRUN exit 7\n')).toMatchObject({
      status: 7,
      err: expect.stringContaining("The command '/bin/sh -c exit 7' returned a non-zero code: 7\n"),
    });
    expect(build('FROM base\nRUNN x\n').err).toContain(
      'Error response from daemon: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)\n',
    );
    expect(build('', '-q').err).toContain('the Dockerfile (Dockerfile) cannot be empty\n');
    expect(build('FROM base\nRUN true\n', '-q').out).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(docker('builder', 'prune', '-f').out).toMatch(/^Deleted build cache objects:\n[0-9a-z]{25}\n/);
  });
});
