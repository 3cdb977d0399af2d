/** curl -w: a text with variables about the transfer. */
import { encodeUtf8 } from '../../../../base/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
import type { Report } from './report.ts';

const seconds = (nanos: number) => {
  const micros = Math.floor(nanos / 1000);
  return `${Math.floor(micros / 1e6)}.${`${micros % 1e6}`.padStart(6, '0')}`;
};

const VARIABLES: Readonly<Record<string, (report: Report) => string>> = {
  content_type: ({ contentType }) => contentType,
  errormsg: ({ error }) => error?.message ?? '',
  exitcode: ({ error }) => `${error?.code ?? 0}`,
  filename_effective: ({ file }) => file,
  http_code: ({ status }) => `${status}`.padStart(3, '0'),
  http_version: ({ version }) => version,
  local_ip: ({ local }) => local?.address ?? '',
  local_port: ({ local }) => `${local?.port ?? 0}`,
  method: ({ method }) => method,
  num_connects: ({ connects }) => `${connects}`,
  num_redirects: ({ redirects }) => `${redirects}`,
  redirect_url: ({ redirectUrl }) => redirectUrl,
  remote_ip: ({ remote }) => remote?.address ?? '',
  remote_port: ({ remote }) => `${remote?.port ?? 0}`,
  response_code: ({ status }) => `${status}`.padStart(3, '0'),
  scheme: ({ scheme }) => scheme.toUpperCase(),
  size_download: ({ downloaded }) => `${downloaded}`,
  size_header: ({ headerBytes }) => `${headerBytes}`,
  size_request: ({ requestBytes }) => `${requestBytes}`,
  size_upload: ({ uploaded }) => `${uploaded}`,
  speed_download: ({ downSpeed }) => `${downSpeed}`,
  speed_upload: ({ upSpeed }) => `${upSpeed}`,
  time_connect: ({ times }) => seconds(times.connect),
  time_namelookup: ({ times }) => seconds(times.lookup),
  time_pretransfer: ({ times }) => seconds(times.pretransfer),
  time_redirect: ({ times }) => seconds(times.redirect),
  time_starttransfer: ({ times }) => seconds(times.start),
  time_total: ({ times }) => seconds(times.total),
  url: ({ url }) => url,
  url_effective: ({ effective }) => effective,
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

export function* writeOut(format: string, report: Report): Sys<void> {
  let text = '';
  let to = 1;
  const say = function* (): Sys<void> {
    yield* writeAll(to, encodeUtf8(text));
    text = '';
  };
  for (const match of format.matchAll(/%%|%\{([^}]*)\}|\\(.)|[\s\S]/g)) {
    const [whole, name, escaped] = match;
    if (whole === '%%') text += '%';
    else if (escaped !== undefined) text += ESCAPES[escaped] ?? whole;
    else if (name === undefined) text += whole;
    else if (name === 'stdout' || name === 'stderr') {
      yield* say();
      to = name === 'stdout' ? 1 : 2;
    } else if (name === 'onerror') {
      if (report.error === null) break;
    } else {
      const variable = VARIABLES[name];
      if (variable !== undefined) text += variable(report);
      else yield* writeAll(2, `curl: unknown --write-out variable: '${name}'\n`);
    }
  }
  yield* say();
}
