/** docker build --output: files instead of an image. */
import { expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

const { sh, out } = engineHost();
out(`mkdir -p /ctx/dir; cd /ctx; echo hello >dir/page; chmod 600 dir/page; ln -s dir/page link
cat >Dockerfile <<'END-OF-FILE'
FROM notes:1 AS made
RUN echo made >/result; chown 1200:1300 /result
FROM scratch
COPY . /
COPY --from=made /result /out/
END-OF-FILE`);

test('-o DIR: the files of the last stage, of whoever builds, and no image', () => {
  const before = out('docker images -aq');
  const { err, status } = sh('cd /ctx; docker build -o /tmp/there .');
  expect(status, err).toBe(0);
  expect(err).toMatch(
    /\n#\d+ exporting to client directory\n#\d+ copying files \d+B done\n#\d+ DONE \d\.\ds\n\n$/,
  );
  expect(
    out(
      'cd /tmp/there; find . | sort; cat out/result; stat -c "%a %u %g" dir/page out/result; readlink link',
    ),
  ).toBe(
    '.\n./Dockerfile\n./dir\n./dir/page\n./link\n./out\n./out/result\nmade\n600 0 0\n644 0 0\ndir/page\n',
  );
  expect(out('docker images -aq')).toBe(before);
  out(
    'cd /ctx; echo more >/tmp/there/kept; docker build -q --output type=local,dest=/tmp/there . >/dev/null',
  );
  expect(out('cat /tmp/there/kept /tmp/there/out/result')).toBe('more\nmade\n');
});

test('type=tar and -: an archive, with its owners', () => {
  expect(sh('cd /ctx; docker build -o type=tar,dest=/tmp/it.tar .').err).toMatch(
    /\n#\d+ exporting to client tarball\n#\d+ sending tarball done\n/,
  );
  const listing = out('tar -tf /tmp/it.tar');
  expect(listing.split('\n').sort().join(' ')).toBe(' Dockerfile dir/ dir/page link out/ out/result');
  expect(out('tar --numeric-owner -tvf /tmp/it.tar out/result')).toMatch(/^-rw-r--r-- 1200\/1300 /);
  expect(out('cd /ctx; docker build -o - . 2>/dev/null | tar -tf -')).toBe(listing);
  expect(out('cd /ctx; docker build --target made -o - . 2>/dev/null | tar -xOf - result')).toBe('made\n');
});

test.each([
  ['type=local', 'ERROR: dest is required for local exporter\n'],
  ['type=local,dest=-', 'ERROR: dest cannot be stdout for local exporter\n'],
  ['/ctx/Dockerfile', 'ERROR: destination directory /ctx/Dockerfile is a file\n'],
  ['type=tar,dest=/ctx', 'ERROR: destination file /ctx is a directory\n'],
  ['dest=/x,push=true', 'ERROR: type is required for output\n'],
  ['type=tar,dest', 'ERROR: invalid value dest\n'],
  ['type=oci,dest=/x', 'docker: --output type=oci is not simulated on this host.\n'],
])('-o %s is refused before anything is built', (output, why) => {
  expect(sh(`docker build -o ${output} /ctx`)).toMatchObject({ err: why, status: 1 });
});
