/** Which version the client is, with and without a daemon to ask, and which the engine. */
import { expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

const { out, sh } = engineHost();
const client = /^Client:\n Version: {11}(\S+)\n API version: {7}(\S+)\n OS\/Arch: {11}linux\/amd64\n/;

test('docker --version and -v ask no daemon, and name the version that docker version gives', () => {
  const [, version] = client.exec(out('docker version')) ?? [];
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const wanted = { out: `Docker version ${version}, build virtbook\n`, err: '', status: 0 };
  expect(sh('docker --version', 'nobody')).toEqual(wanted);
  expect(sh('docker -v', 'nobody')).toEqual(wanted);
});

test('docker version tells of the client, then of the engine', () => {
  const said = out('docker version');
  const [, version, api] = client.exec(said) ?? [];
  expect(said.replace(client, '')).toBe(
    ` Context:           default\n\nServer: Virtbook engine\n Engine:\n  Version:          ${version}\n  API version:      ${api} (minimum version 1.24)\n  Go version:       n/a\n  Git commit:       virtbook\n  Built:            Thu Jan  1 00:00:00 2026\n  OS/Arch:          linux/amd64\n  Experimental:     false\n`,
  );
  expect(out('docker info')).toContain(` Server Version: ${version}\n`);
});

test('without leave to ask the daemon the client part is there all the same', () => {
  const { out: said, err, status } = sh('docker version', 'nobody');
  expect(said).toMatch(client);
  expect(said).not.toContain('Server');
  expect(err).toContain('permission denied');
  expect(status).toBe(1);
});

test('how old a client may be is for daemon.json to say', () => {
  const ask = (path: string) => out(`curl -s --unix-socket /run/docker.sock http://d${path}`).trim();
  const configured = (value: string) =>
    out(`mkdir -p /etc/docker; echo '{"min-api-version": ${value}}' > /etc/docker/daemon.json`);
  const tooOld = (oldest: string) =>
    `{"message":"client version 1.22 is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version"}`;
  expect(ask('/v1.22/_ping')).toBe(tooOld('1.24'));
  configured('"1.23"');
  expect(ask('/v1.22/_ping')).toBe(tooOld('1.23'));
  expect(out('docker version')).toContain('(minimum version 1.23)');
  configured('"1.12"');
  expect(ask('/v1.22/_ping')).toBe('OK');
  for (const wrong of ['"1.11"', '5', '"2.0"', '[]']) {
    configured(wrong);
    expect(ask('/v1.22/_ping')).toContain('invalid min-api-version');
    expect(ask('/v1.24/_ping')).toBe('OK');
  }
  out('rm /etc/docker/daemon.json');
});
