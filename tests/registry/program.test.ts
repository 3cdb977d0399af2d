/** The registry as a program of a simulated host, spoken to with curl. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { notes, registryWorld } from '../support/registryWorld.ts';

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('registry serve', () => {
  const { sh } = registryWorld({ registry: { images: [notes] } });
  const V2 = 'http://reg:5000/v2';

  test('has what the scenario gave it, and says so as the real one does', () => {
    expect(sh('one', `curl -si ${V2}/`).replaceAll('\r', '')).toMatch(
      /^HTTP\/1\.1 200 OK\nContent-Length: 2\nContent-Type: application\/json; charset=utf-8\nDocker-Distribution-Api-Version: registry\/2\.0\nX-Content-Type-Options: nosniff\nDate: Mon, 05 Jan 2026 09:00:\d\d GMT\n\n\{\}$/,
    );
    expect(sh('one', `curl -s ${V2}/_catalog`)).toBe('{"repositories":["notes"]}');
    expect(sh('one', `curl -s ${V2}/notes/tags/list`)).toBe('{"name":"notes","tags":["1"]}');
    expect(JSON.parse(sh('one', `curl -s ${V2}/notes/manifests/1`))).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      layers: [{}, {}, {}],
    });
  });

  test('keeps what is pushed in its folder, in pieces or at once', () => {
    const blob = 'some bytes';
    expect(
      sh(
        'one',
        `curl -s -o /dev/null -w '%{http_code}' -X POST -d '${blob}' '${V2}/a/b/blobs/uploads/?digest=${digestOf(blob)}'`,
      ),
    ).toBe('201');
    const script = `
      at=$(curl -si -X POST ${V2}/a/b/blobs/uploads/ | tr -d '\\r' | grep -i '^location' | cut -d' ' -f2)
      curl -s -o /dev/null -w '%{http_code} ' -X PATCH -d 'one ' $at
      curl -s -o /dev/null -w '%{http_code} ' -X PATCH -d two $at
      curl -s -o /dev/null -w '%{http_code}' -X PUT "$at?digest=${digestOf('one two')}"`;
    expect(sh('one', script)).toBe('202 202 201');
    const hex = digestOf('one two').slice(7);
    const blobs = '/var/lib/registry/docker/registry/v2/blobs/sha256';
    expect(
      sh(
        'reg',
        `cat ${blobs}/${hex.slice(0, 2)}/${hex}/data; ls /var/lib/registry/docker/registry/v2/repositories/a/b/_uploads`,
      ),
    ).toBe('one two');
    const config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
    sh('one', `curl -s -X POST -d '${config}' '${V2}/a/b/blobs/uploads/?digest=${digestOf(config)}'`);
    const manifest = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${digestOf(config)}","size":${config.length}},"layers":[]}`;
    expect(
      sh(
        'one',
        `curl -s -o /dev/null -w '%{http_code}' -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' -d '${manifest}' ${V2}/a/b/manifests/v1`,
      ),
    ).toBe('201');
    expect(sh('one', `curl -s ${V2}/a/b/manifests/v1`)).toBe(manifest);
  });

  test('says where an upload goes on with its own name, unless config.yml wants it without', () => {
    const begin = `curl -si -X POST ${V2}/a/uploads-of/blobs/uploads/ | tr -d '\\r' | grep -i '^location'`;
    expect(sh('one', begin)).toMatch(
      /^Location: http:\/\/reg:5000\/v2\/a\/uploads-of\/blobs\/uploads\/[-0-9a-f]+\n$/,
    );
    const short = registryWorld({
      registry: {
        config: 'version: 0.1\nstorage:\n  filesystem:\nhttp:\n  addr: :5000\n  relativeurls: true\n',
      },
    });
    expect(short.sh('one', begin)).toMatch(/^Location: \/v2\/a\/uploads-of\/blobs\/uploads\//);
  });

  test('who damages a blob on the disk has damaged it', () => {
    const hex = digestOf('some bytes').slice(7);
    sh(
      'reg',
      `echo -n other > /var/lib/registry/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`,
    );
    expect(sh('one', `curl -s ${V2}/a/b/blobs/sha256:${hex}`)).toBe('other');
    sh('reg', `rm -r /var/lib/registry/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}`);
    expect(sh('one', `curl -s ${V2}/a/b/blobs/sha256:${hex}`)).toContain('BLOB_UNKNOWN');
  });

  test('many at once, on one connection and on several', () => {
    const fetch = `curl -s ${V2}/_catalog ${V2}/notes/tags/list`;
    const said = sh('one', `for i in 1 2 3; do ${fetch} & done; wait`);
    expect(said.split(/(?<=\})(?=\{)/).sort()).toEqual(
      ['{"name":"notes","tags":["1"]}', '{"repositories":["a/b","notes"]}'].flatMap((each) => [
        each,
        each,
        each,
      ]),
    );
  });

  test('what it was asked is in its log', () => {
    const log = sh('reg', 'cat /var/log/registry.log');
    expect(log).toMatch(/^time="2026-01-05T09:00:\d\dZ" level=info msg="listening on \[::\]:5000"\n/);
    expect(log).toMatch(
      /192\.0\.2\.11 - - \[05\/Jan\/2026:09:00:\d\d \+0000\] "GET \/v2\/notes\/tags\/list HTTP\/1\.1" 200 29 "" "curl\//,
    );
  });

  test('what is no HTTP is refused', () => {
    expect(sh('one', `printf 'hello\\r\\n\\r\\n' | nc reg 5000`)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(
      sh('one', `printf 'GET /v2/ HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: x\\r\\n\\r\\n' | nc reg 5000`),
    ).toMatch(/^HTTP\/1\.1 400 /);
    expect(sh('one', `curl -s ${V2}/_catalog`)).toContain('notes');
  });

  test('a port that is taken is told', () => {
    expect(sh('reg', 'registry serve /etc/distribution/config.yml')).toMatch(
      /level=fatal msg="listen tcp :5000: bind: address already in use"\n\[1\]/,
    );
  });
});

test('garbage-collect says what it marks and deletes what it says', () => {
  const { sh } = registryWorld({ registry: { images: [notes] } });
  const CONFIG = '/etc/distribution/config.yml';
  const digest = sh(
    'one',
    'curl -sI http://reg:5000/v2/notes/manifests/1 | tr -d "\\r" | grep -i content-digest | cut -d" " -f2',
  ).trim();
  sh('one', `curl -s -X DELETE http://reg:5000/v2/notes/manifests/${digest}`);
  sh('one', `curl -s -X POST -d x 'http://reg:5000/v2/notes/blobs/uploads/?digest=${digestOf('x')}'`);
  const dry = sh('reg', `registry garbage-collect --dry-run ${CONFIG}`);
  expect(dry).toMatch(
    /^notes\n\n0 blobs marked, 6 blobs and 0 manifests eligible for deletion\n(blob eligible for deletion: sha256:\w{64}\n){6}$/,
  );
  expect(sh('reg', `registry garbage-collect ${CONFIG}`)).toBe(dry);
  expect(sh('reg', `registry garbage-collect ${CONFIG}`)).toMatch(/0 blobs marked, 0 blobs/);
  expect(sh('reg', 'find /var/lib/registry -name data')).toBe('');
});

test('htpasswd: who has no password has no access', () => {
  const config = `version: 0.1
storage: {filesystem: x}
`;
  const good = `# ours
version: 0.1
storage:
  filesystem:
    rootdirectory: /srv/images   # elsewhere
http:
  addr: ":80"
auth:
  htpasswd:
    realm: 'our registry'
    path: /etc/distribution/htpasswd
`;
  const { sh } = registryWorld({ registry: { config: good } });
  // The setup of the scenario did not give the file: it is missing, and that is said.
  expect(sh('reg', 'cat /var/log/registry.log')).toBe(
    'configuration error: open /etc/distribution/htpasswd: no such file or directory\n',
  );
  sh(
    'reg',
    `echo 'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=' > /etc/distribution/htpasswd; registry serve /etc/distribution/config.yml >/tmp/log 2>&1 & sleep 1`,
  );
  expect(sh('one', 'curl -si http://reg/v2/').replaceAll('\r', '')).toMatch(
    /^HTTP\/1\.1 401 Unauthorized\n[\s\S]*Www-Authenticate: Basic realm="our registry"\n[\s\S]*\{"errors":\[\{"code":"UNAUTHORIZED","message":"authentication required","detail":null\}\]\}$/,
  );
  const code = (user: string) =>
    sh('one', `curl -s -o /dev/null -w '%{http_code}' -u ${user} http://reg/v2/`);
  expect(['ann:password', 'ann:wrong', 'bob:password'].map(code)).toEqual(['200', '401', '401']);
  expect(sh('reg', 'ls /srv/images')).toBe('');
  // Deletion is off where it is not asked for.
  expect(sh('one', `curl -s -u ann:password -X DELETE http://reg/v2/a/blobs/${digestOf('x')}`)).toContain(
    '"code":"UNSUPPORTED"',
  );
  sh('reg', `cat > /tmp/bad.yml <<'END'\n${config}END`);
  expect(sh('reg', 'registry serve /tmp/bad.yml')).toBe(
    'configuration error: yaml: line 2: {filesystem: x} is not supported\n[1]\n',
  );
});

test.each([
  ['', 'configuration version not provided'],
  ['version: 0.2', 'unsupported version: "0.2"'],
  ['version: 0.1', 'no storage configuration provided'],
  ['version: 0.1\nstorage:\n  s3:\n    bucket: x', 'storage.s3 is not simulated'],
  ['version: 0.1\nstorage: x', 'storage has to be a map'],
  ['version: 0.1\nstorage:\n  delete:\n    enabled: maybe', 'storage.delete.enabled has to be true or false'],
  ['version: 0.1\nstorage:\nhttp:\n  addr: 5000', 'http.addr: address 5000: missing port in address'],
  ['version: 0.1\nstorage:\nhttp:\n  tls:\n    certificate: x', 'http.tls is not simulated'],
  ['version: 0.1\nversion: 0.1', 'yaml: line 2: mapping key "version" already defined'],
  ['version: 0.1\n\tstorage:', 'yaml: line 2: found character that cannot start any token'],
  ['version', "yaml: line 1: could not find expected ':'"],
  ['version: 0.1\nstorage:\nauth:\n  token:\n    realm: x', 'auth.token.service has to be a text'],
  ['version: 0.1\nstorage:\nlimits:\n  anonymous: many', 'limits.anonymous has to be a whole number'],
])('the configuration %j: %s', (text, message) => {
  const { sh } = registryWorld({ registry: { config: text }, images: [] });
  expect(sh('reg', 'cat /var/log/registry.log')).toBe(`configuration error: ${message}\n`);
});
