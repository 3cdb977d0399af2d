/** How a URL ends that does not end well. */

/** wget(1), EXIT STATUS. */
export const GENERIC = 1;
export const FILE_ERROR = 3;
export const NETWORK = 4;
export const AUTHENTICATION = 6;
export const SERVER_ERROR = 8;

/** A URL ends here, with its exit status; the message was written. */
export class Ended extends Error {
  readonly status: number;

  constructor(status: number) {
    super('ended');
    this.status = status;
  }
}

/** It may go better the next time. */
export class Transient extends Error {}
