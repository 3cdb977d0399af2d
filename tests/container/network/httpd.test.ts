import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

const { sh, advance } = dockerWorld('httpd');

const ask = (request: string) =>
  sh('box', `printf '${request}\\r\\n\\r\\n' | nc -w 5 127.0.0.1 8000`).replaceAll('\r', '');

sh(
  'box',
  `mkdir -p /srv/www/sub; cd /srv/www; echo hello >index.html; echo data >a.txt; echo x >b.unknown
  mkdir secret; echo no >secret/file; touch -d '2026-01-05 09:00:00' a.txt; httpd -p 8000 -h /srv/www`,
);

test('a file comes with its length, type, time and tag', () => {
  const text = ask('GET /a.txt HTTP/1.1');
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\nDate: Mon, 05 Jan 2026 09:00:\d\d GMT\nConnection: close\n/);
  expect(text).toContain(
    'Content-type: text/plain\nAccept-Ranges: bytes\nLast-Modified: Mon, 05 Jan 2026 09:00:00 GMT\n',
  );
  expect(text).toContain('ETag: "695b7d90-5"\nContent-Length: 5\n\ndata\n');
});

test.each([
  ['GET / HTTP/1.1', '200 OK', 'hello\n'],
  ['GET /b.unknown HTTP/1.0', '200 OK', 'x\n'],
  ['GET /%%61.txt?query HTTP/1.1', '200 OK', 'data\n'],
  ['GET /sub/../a.txt HTTP/1.1', '200 OK', 'data\n'],
  ['HEAD /a.txt HTTP/1.1', '200 OK', 'Content-Length: 5\n\n'],
  ['GET /a.txt HTTP/1.1\\r\\nRange: bytes=1-2', '206 Partial Content', 'Content-Length: 2\n\nat'],
  ['GET /a.txt HTTP/1.1\\r\\nRange: bytes=9-', '200 OK', 'data\n'],
  ['GET /sub HTTP/1.1', '302 Found', 'Location: /sub/\n\n'],
  ['GET /sub/ HTTP/1.1', '404 Not Found', 'The requested URL was not found\n</BODY></HTML>\n'],
  ['GET /nope HTTP/1.1', '404 Not Found', '<H1>404 Not Found</H1>'],
  ['GET /../etc/passwd HTTP/1.1', '400 Bad Request', 'Unsupported method'],
  ['GET', '400 Bad Request', '<H1>400 Bad Request</H1>'],
  ['POST / HTTP/1.1', '501 Not Implemented', 'The requested method is not recognized'],
])('%s is answered %s', (request, status, end) => {
  const text = ask(request);
  expect(text).toContain(`HTTP/1.1 ${status}\n`);
  expect(text).toContain(end);
});

test('a request that does not come is not waited for longer than a minute', () => {
  sh('box', "(printf 'GET /a.txt' | nc -q -1 127.0.0.1 8000 >/tmp/late) & true");
  advance(59);
  expect(sh('box', 'cat /tmp/late; ps -e | grep -c httpd')).toBe('2\n');
  advance(2);
  const late = sh('box', 'cat /tmp/late').replaceAll('\r', '');
  expect(late).toMatch(
    /^HTTP\/1\.1 408 Request Timeout\n[\s\S]*<H1>408 Request Timeout<\/H1>\nNo request appeared within 60 seconds\n/,
  );
  expect(sh('box', 'ps -e | grep -c httpd')).toBe('1\n');
});

test('it serves several at once, and a port is its own', () => {
  sh('box', 'sleep 5 | nc 127.0.0.1 8000 & true');
  expect(ask('GET / HTTP/1.1')).toContain('hello');
  expect(sh('box', 'httpd -p 8000')).toBe('httpd: bind: Address already in use\n[1]\n');
  expect(sh('box', 'httpd -h /nowhere')).toBe(
    "httpd: can't change directory to '/nowhere': No such file or directory\n[1]\n",
  );
});
