/** Random Dockerfiles: a build ends well or with its reason, and leaves nothing behind but images and cache. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';

const names = [
  'a',
  'dir',
  'dir/b',
  '.',
  '/',
  '/x',
  '/x/',
  '/dir',
  'nope',
  '*',
  'd*',
  '$V',
  '/etc/passwd',
  '../a',
];
const name = fc.constantFrom(...names);
const users = fc.constantFrom('0', 'ada', '7:8', 'nobody9', '$V');
const from = fc.constantFrom('', '', '--from=base ', '--from=0 ', '--from=one ', '--from=9 ');
const chown = fc.constantFrom('', '', '--chown=5 ', '--chown=ada ', '--chmod=600 ', '--link ', '--parents ');
const command = fc.constantFrom(
  'true',
  'false',
  'echo $V >/x',
  'rm -rf /x',
  'mkdir -p /x/y',
  'nope',
  'exit 4',
  'ls',
);
const mount = fc.constantFrom(
  '',
  '',
  '--mount=type=tmpfs,target=/t ',
  '--mount=target=/in ',
  '--mount=type=cache,target=c ',
);

const instruction = fc.oneof(
  fc
    .tuple(fc.constantFrom('COPY', 'ADD'), from, chown, name, name)
    .map(([k, f, c, s, t]) => `${k} ${k === 'ADD' ? '' : f}${c}${s} ${t}`),
  fc.tuple(mount, command).map(([m, c]) => `RUN ${m}${c}`),
  fc.tuple(name).map(([n]) => `WORKDIR ${n}`),
  users.map((user) => `USER ${user}`),
  fc.constantFrom(
    'ARG V=1',
    'ENV V=/x',
    'ENV V=',
    'ENV W=${V:?}',
    'VOLUME /x',
    'EXPOSE $V',
    'SHELL ["/bin/sh", "-ec"]',
    'CMD x',
  ),
  fc.constantFrom(
    'ONBUILD RUN echo x >/onbuild',
    'HEALTHCHECK CMD x',
    'STOPSIGNAL $V',
    'LABEL a="$V"',
    'ENTRYPOINT []',
  ),
  fc.constantFrom('FROM base AS one', 'FROM one', 'FROM scratch', 'FROM notes:1'),
);

test('twenty-five random builds, from a seed', () => {
  const { sh, out } = engineHost();
  out('mkdir -p /ctx/dir; cd /ctx; echo a >a; echo b >dir/b; ln -s dir link');
  let built = 0;
  fc.assert(
    fc.property(fc.array(instruction, { minLength: 1, maxLength: 7 }), (lines) => {
      out(`cat >/ctx/Dockerfile <<'END'\nFROM base\n${lines.join('\n')}\nEND`);
      const { err, status } = sh('docker build --iidfile /tmp/iid /ctx');
      expect([0, 1], err).toContain(status);
      if (status === 0) {
        built++;
        const id = out('cat /tmp/iid');
        // What was built can be built again, and is the same without the cache.
        expect(out('docker build -q --no-cache /ctx')).toBe(`${id}\n`);
      } else expect(err.trim().split('\n').at(-1)).toMatch(/^ERROR: failed to solve: .+/);
      expect(
        out('docker ps -aq; mount | grep overlay2 || true; ls /var/lib/docker/tmp 2>/dev/null || true'),
      ).toBe('');
      expect(out('ls /var/lib/docker/overlay2 | grep build || true')).toBe('');
    }),
    { seed: Number(process.env.VIRTBOOK_SEED ?? 8), numRuns: Number(process.env.VIRTBOOK_RUNS ?? 25) },
  );
  expect(built).toBeGreaterThan(3);
});
