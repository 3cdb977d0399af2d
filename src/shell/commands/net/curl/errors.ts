/** What curl says of a transfer that failed, and its exit status (curl(1), EXIT CODES). */
import { strerror } from '../../../../base/index.ts';
import type { Fault } from '../http/stream.ts';

export class CurlError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const BAD_URL = new CurlError(3, 'URL using bad/illegal format or missing URL');

/** `timedOut` tells how long what lasted. */
export function faultError(fault: Fault, timedOut: string): CurlError {
  switch (fault.kind) {
    case 'timeout':
      return new CurlError(28, timedOut);
    case 'empty':
      return new CurlError(52, 'Empty reply from server');
    case 'failed':
      return new CurlError(
        fault.doing === 'Recv' ? 56 : 55,
        `${fault.doing} failure: ${strerror(fault.error.code)}`,
      );
    case 'foreign':
      return new CurlError(1, 'Received HTTP/0.9 when not allowed');
    case 'bad chunk':
      return new CurlError(56, 'Illegal or missing hexadecimal sequence in chunked-encoding');
    case 'short': {
      const what =
        fault.missing === null
          ? 'outstanding read data remaining'
          : `${fault.missing} bytes remaining to read`;
      return new CurlError(18, `transfer closed with ${what}`);
    }
  }
}
