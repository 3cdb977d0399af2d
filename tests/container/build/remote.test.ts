/** ADD of a URL: a file comes from another host's web server; and cache mounts that one step has for itself. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

const { sh } = dockerWorld('add');
const CONTENT = 'from far away\n';
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;

sh(
  'far',
  `mkdir -p /srv/www/dir; cd /srv/www; echo 'from far away' >file.txt; echo inside >dir/index.html; tar cf a.tar file.txt
  touch -d '2026-01-04 08:00:00' file.txt; httpd -p 80 -h /srv/www; httpd -p 443 -h /srv/www; httpd -p 8080 -h /srv/www`,
);
sh('box', "echo '192.0.2.2 files.example.org' >>/etc/hosts; mkdir -p /b");

const build = (lines: string, flags = '') =>
  sh(
    'box',
    `cd /b; printf '%s\n' "$(cat <<'END'\nFROM base:1\n${lines}\nEND\n)" >Dockerfile; docker build -t made ${flags} . 2>&1`,
  );

test('the file is named like the last part of the URL, root alone reads it, and it is as old as it was', () => {
  const said = build(`ADD http://files.example.org/file.txt https://files.example.org/a.tar /got/
ADD http://192.0.2.2:8080/file.txt?x=1 /as`);
  expect(said).toMatch(/\n#\d+ http:\/\/files\.example\.org\/file\.txt\n#\d+ DONE /);
  expect(sh('box', 'docker run --rm made sh -c \'cd /got; stat -c "%n %a %u %Y" *; cat file.txt /as\'')).toBe(
    `a.tar 600 0 1767603600\nfile.txt 600 0 1767513600\n${CONTENT}${CONTENT}`,
  );
});

test('--chown, --chmod and a checksum; the step is cached while the file is the same', () => {
  const line = `ADD --chmod=644 --chown=5:6 --checksum=${DIGEST} http://files.example.org/file.txt /x`;
  expect(build(line)).not.toContain('CACHED');
  expect(build(line)).toMatch(/ADD --chmod=644 .*\n#\d+ CACHED\n/);
  expect(sh('box', "docker run --rm made stat -c '%a %u %g' /x")).toBe('644 5 6\n');
  sh('far', 'echo changed >/srv/www/file.txt');
  expect(build(line)).toMatch(
    new RegExp(`failed to solve: failed to load cache key: digest mismatch sha256:[0-9a-f]{64}: ${DIGEST}\n`),
  );
  expect(build('ADD http://files.example.org/file.txt /x')).not.toContain('CACHED');
  sh('far', "echo 'from far away' >/srv/www/file.txt");
});

test('a directory is redirected to its page', () => {
  build('ADD http://files.example.org/dir /page');
  expect(sh('box', 'docker run --rm made cat /page')).toBe('inside\n');
});

test.each([
  ['ADD http://files.example.org/none /x', 'failed to load cache key: invalid response status 404'],
  [
    'ADD http://nobody.example.org/x /x',
    'failed to load cache key: Get "http://nobody.example.org/x": dial tcp: lookup nobody.example.org: no such host',
  ],
  [
    'ADD http://192.0.2.2:81/x /x',
    'failed to load cache key: Get "http://192.0.2.2:81/x": dial tcp 192.0.2.2:81: connect: connection refused',
  ],
  [`ADD --checksum=${DIGEST} Dockerfile /x`, 'checksum requires HTTP(S) or Git sources'],
  [
    `ADD --checksum=${DIGEST} http://files.example.org/file.txt http://files.example.org/a.tar /x/`,
    'checksum can not be specified for multiple sources',
  ],
  ['ADD --unpack=true http://files.example.org/a.tar /x', 'ADD --unpack of a URL is not simulated'],
  [
    'ADD https://files.example.org/x.git /x',
    'ADD of the Git repository https://files.example.org/x.git is not simulated',
  ],
])('%s: %s', (line, why) => {
  expect(build(line)).toContain(`ERROR: failed to solve: ${why}\n`);
});

test('a locked cache mount is for one step at a time, a shared one for all', () => {
  const log = (sharing: string) => {
    sh(
      'box',
      `cd /b; for i in 1 2; do
      printf 'FROM base:1\\nRUN --mount=type=cache,target=/c-${sharing},sharing=${sharing} echo begin >>/c-${sharing}/log; sleep 2; echo end >>/c-${sharing}/log; : %s\\n' $i >D$i
      docker build -q -f D$i . >/dev/null 2>&1 & done; wait
      printf 'FROM base:1\\nRUN --mount=type=cache,target=/c-${sharing} cp /c-${sharing}/log /log\\nCMD cat /log\\n' >D3; docker build --no-cache -q -t log -f D3 . >/dev/null`,
    );
    return sh('box', 'docker run --rm log');
  };
  expect(log('locked')).toBe('begin\nend\nbegin\nend\n');
  expect(log('shared')).toBe('begin\nbegin\nend\nend\n');
});
