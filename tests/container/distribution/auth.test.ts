/** docker login and what it opens: passwords, tokens with scopes, and the limits of a public registry. */
import { describe, expect, test } from 'vitest';
import { notes, registryWorld } from '../../support/registryWorld.ts';

const CREDENTIALS = `
WARNING! Your credentials are stored unencrypted in '/root/.docker/config.json'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

Login Succeeded
`;

describe('a registry with passwords', () => {
  const { sh } = registryWorld({
    registry: {
      config:
        'version: 0.1\nstorage:\nhttp:\n  addr: :5000\nauth:\n  htpasswd:\n    realm: ours\n    path: /etc/distribution/htpasswd\n',
    },
  });
  sh(
    'reg',
    `htpasswd -sbc /etc/distribution/htpasswd ann password; registry serve /etc/distribution/config.yml >/var/log/registry.log 2>&1 & sleep 1`,
  );
  sh('one', 'docker tag notes:1 reg:5000/notes:1');

  test('refuses those who are not logged in, and wrong passwords', () => {
    expect(sh('one', 'docker push reg:5000/notes:1')).toMatch(
      /\nHead "http:\/\/reg:5000\/v2\/notes\/blobs\/\S+": no basic auth credentials\n\[1\]\n$/,
    );
    expect(sh('one', 'docker pull reg:5000/notes:1')).toBe(
      'Error response from daemon: Head "http://reg:5000/v2/notes/manifests/1": no basic auth credentials\n[1]\n',
    );
    expect(sh('one', 'docker login -u ann -p wrong reg:5000')).toBe(
      'WARNING! Using --password via the CLI is insecure. Use --password-stdin.\nError response from daemon: login attempt to http://reg:5000/v2/ failed with status: 401 Unauthorized\n[1]\n',
    );
    expect(sh('one', 'cat /root/.docker/config.json')).toContain('No such file');
  });

  test('login keeps the password where docker keeps it, and logout forgets it', () => {
    expect(sh('one', 'echo password | docker login -u ann --password-stdin reg:5000')).toBe(CREDENTIALS);
    expect(sh('one', 'cat /root/.docker/config.json; stat -c %a /root/.docker/config.json')).toBe(
      '{\n\t"auths": {\n\t\t"reg:5000": {\n\t\t\t"auth": "YW5uOnBhc3N3b3Jk"\n\t\t}\n\t}\n}600\n',
    );
    expect(sh('one', 'docker push -q reg:5000/notes:1')).toBe('reg:5000/notes:1\n');
    expect(sh('one', 'docker logout reg:5000; docker logout reg:5000')).toBe(
      'Removing login credentials for reg:5000\nRemoving login credentials for reg:5000\n',
    );
    expect(sh('one', 'docker pull reg:5000/notes:1')).toContain('no basic auth credentials');
  });

  test('without a terminal nobody can be asked', () => {
    expect(sh('one', 'docker login reg:5000 </dev/null')).toMatch(
      /Cannot perform an interactive login from a non TTY device\n\[1\]/,
    );
    expect(sh('one', 'echo x | docker login --password-stdin reg:5000')).toContain(
      'Must provide --username with --password-stdin',
    );
  });
});

describe('a host in place of Docker Hub', () => {
  const { sh } = registryWorld({
    registry: {
      hub: true,
      users: [{ name: 'tim', password: 'secret' }],
      images: [notes, { reference: 'team/other:latest', layers: [{ '/x': 'x' }] }],
    },
    daemon: {},
  });

  test('gives images to everybody, by their short names', () => {
    const said = sh('two', 'docker pull notes:1');
    expect(said).toMatch(
      /^1: Pulling from library\/notes\n[\s\S]*Status: Downloaded newer image for notes:1\ndocker\.io\/library\/notes:1\n$/,
    );
    expect(sh('two', 'docker run --rm notes:1')).toBe('the page\n');
    expect(sh('two', 'docker images --format "{{.Repository}} {{.Tag}}"')).toBe('notes 1\n');
    expect(sh('two', 'docker pull -q team/other')).toBe('docker.io/team/other:latest\n');
    expect(sh('two', 'docker pull nope/nope')).toMatch(
      /pull access denied for nope\/nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied\n/,
    );
    expect(sh('two', 'docker pull notes:9')).toMatch(
      /manifest for notes:9 not found: manifest unknown: manifest unknown\n/,
    );
  });

  test('takes images from those who log in, below their names', () => {
    sh('one', 'docker tag notes:1 tim/notes; docker tag notes:1 ann/notes');
    expect(sh('one', 'docker push tim/notes')).toMatch(
      /\ndenied: requested access to the resource is denied\n\[1\]\n$/,
    );
    expect(sh('one', 'echo wrong | docker login -u tim --password-stdin')).toBe(
      'Error response from daemon: Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password\n[1]\n',
    );
    expect(sh('one', 'echo secret | docker login -u tim --password-stdin')).toBe(CREDENTIALS);
    expect(sh('one', 'cat /root/.docker/config.json')).toContain('"https://index.docker.io/v1/"');
    expect(sh('one', 'docker push tim/notes')).toMatch(/: Mounted from library\/notes\n|: Pushed\n/);
    expect(sh('one', 'docker push ann/notes')).toMatch(
      /\ndenied: requested access to the resource is denied\n\[1\]\n$/,
    );
    expect(sh('two', 'docker pull -q tim/notes')).toBe('docker.io/tim/notes:latest\n');
  });

  test('lets nobody pull more than a hundred times in six hours without logging in', () => {
    const before = Number(
      /ratelimit-remaining: (\d+);w=21600/i.exec(
        sh(
          'two',
          `token=$(curl -s 'http://auth.docker.io:443/token?service=registry.docker.io&scope=repository:library/notes:pull' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
           curl -sI -H "Authorization: Bearer $token" http://registry-1.docker.io:443/v2/library/notes/manifests/1`,
        ),
      )![1],
    );
    expect(before).toBeLessThan(100);
    const pulls = sh(
      'two',
      `for i in $(seq ${before}); do docker rmi -f notes:1 >/dev/null 2>&1; docker pull -q notes:1 >/dev/null || break; done; docker pull notes:1`,
    );
    expect(pulls).toBe(
      'Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit\n[1]\n',
    );
    expect(sh('one', 'docker pull -q notes:1')).toBe('docker.io/library/notes:1\n');
  });
});
