/** Errors as libvirt tells them: a kind in words before the message (virerror.c's table), or the message alone. */

const KINDS = {
  config: 'unsupported configuration',
  xml: 'XML error',
  internal: 'internal error',
  invalid: 'Requested operation is not valid',
  argument: 'invalid argument',
  failed: 'operation failed',
  unsupported: 'Operation not supported',
  unsafe: 'Unsafe migration',
  aborted: 'operation aborted',
} as const;

export type LibvirtErrorKind = keyof typeof KINDS | 'plain';

export class LibvirtError extends Error {
  constructor(kind: LibvirtErrorKind, message: string) {
    super(kind === 'plain' ? message : `${KINDS[kind]}: ${message}`);
    this.name = 'LibvirtError';
  }
}
