/**
 * Every flag of docker 28.2.2 works, or is refused by name: none is unknown, none ignored. `flags.txt` is what `docker COMMAND --help` lists
 * there. Below, how flags are read, with which tests/cli/dockerWording.test.ts compares the real client.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { engineHost } from '../../../support/engineHost.ts';

const { sh, out } = engineHost();

const commands = readFileSync(new URL('flags.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', flags = ''] = line.split(/: ?/);
    return [name, flags.split(' ').filter((flag) => flag !== '' && flag !== '--help')] as const;
  });

test('all commands of docker are there, but those that are refused by name', () => {
  expect(commands.length).toBe(69);
  const refused = sh("for name in swarm 'manifest push' search 'context use'; do docker $name x; done").err;
  expect(refused.match(/docker: 'docker [a-z ]+' is not simulated on this host\.\n/g)).toHaveLength(4);
});

test.each(commands)('docker %s', (name, flags) => {
  // Read and not run: --help comes first, whatever else there is.
  const lines = flags.map(
    (flag) => `docker ${name} --help ${flag}=1 2>&1 | grep -q 'unknown' && echo '${flag}'`,
  );
  expect(out(`${lines.join('\n')}\ntrue`)).toBe('');
});

const usage =
  "\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information\n";

test.each([
  ['--rm=false --name kept notes:1 true', ''],
  ['--rm=0 -e=A=b notes:1 true', ''],
  ['--nam x notes:1', `unknown flag: --nam${usage}`],
  ['-itZ notes:1', `unknown shorthand flag: 'Z' in -Z${usage}`],
  ['--name', `flag needs an argument: --name${usage}`],
  ['-ie', `flag needs an argument: 'e' in -e${usage}`],
  ['--=x notes:1', `bad flag syntax: --=x${usage}`],
  [
    '--rm=no notes:1',
    `invalid argument "no" for "--rm" flag: strconv.ParseBool: parsing "no": invalid syntax${usage}`,
  ],
  ['-m much notes:1', `invalid argument "much" for "-m, --memory" flag: invalid size: 'much'${usage}`],
  ['--gpus all notes:1', 'docker: --gpus is not simulated on this host.\n'],
  [
    '-v aa::b notes:1',
    "docker: invalid spec: aa::b: empty section between colons\n\nRun 'docker run --help' for more information\n",
  ],
])('docker run %s', (args, err) => {
  expect(sh(`docker run ${args} </dev/null`)).toEqual({ out: '', err, status: err === '' ? 0 : 125 });
});

test('a switch that is set to false was not given', () => {
  expect(out("docker ps -a --filter name=kept --format '{{.Names}}'")).toBe('kept\n');
  expect(out('docker ps -aq=false --no-trunc=0 | head -c 12')).toBe('CONTAINER ID');
});

test('-h is a former name of --help where it has no other meaning', () => {
  expect(sh('docker ps -h').err).toBe('Flag shorthand -h has been deprecated, use --help\n');
  expect(out('docker run --rm -h inside notes:1 hostname')).toBe('inside\n');
});
