/** What is known of a transfer when it is over. */
import type { CurlError } from './errors.ts';

interface End {
  readonly address: string;
  readonly port: number;
}

export interface Report {
  url: string;
  effective: string;
  scheme: string;
  method: string;
  version: string;
  /** Of the last answer; 0 when there was none. */
  status: number;
  contentType: string;
  redirectUrl: string;
  redirects: number;
  connects: number;
  headerBytes: number;
  requestBytes: number;
  downloaded: number;
  uploaded: number;
  downSpeed: number;
  upSpeed: number;
  local: End | null;
  remote: End | null;
  file: string;
  error: CurlError | null;
  /** Nanoseconds from the beginning of the last request, and in all; `redirect`: of all before it. */
  readonly times: {
    lookup: number;
    connect: number;
    pretransfer: number;
    start: number;
    redirect: number;
    total: number;
  };
}

export function emptyReport(url: string): Report {
  return {
    url,
    effective: url,
    scheme: '',
    method: 'GET',
    version: '0',
    status: 0,
    contentType: '',
    redirectUrl: '',
    redirects: 0,
    connects: 0,
    headerBytes: 0,
    requestBytes: 0,
    downloaded: 0,
    uploaded: 0,
    downSpeed: 0,
    upSpeed: 0,
    local: null,
    remote: null,
    file: '',
    error: null,
    times: { lookup: 0, connect: 0, pretransfer: 0, start: 0, redirect: 0, total: 0 },
  };
}
