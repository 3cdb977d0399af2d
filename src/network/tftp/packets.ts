/** Packets of the Trivial File Transfer Protocol (RFC 1350) with options (RFC 2347). */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import { read16 } from '../packet/bytes.ts';

/** Error codes (RFC 1350, appendix; 8 is RFC 2347's). */
export const TFTP_ERRORS = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
} as const;

export type TftpPacket =
  | {
      readonly kind: 'read' | 'write';
      readonly file: string;
      /** `octet` or `netascii`, in small letters. */
      readonly mode: string;
      /** By their names in small letters. */
      readonly options: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'data'; readonly block: number; readonly bytes: Uint8Array }
  | { readonly kind: 'acknowledgement'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'options'; readonly options: ReadonlyMap<string, string> };

const READ = 1;
const WRITE = 2;
const DATA = 3;
const ACKNOWLEDGEMENT = 4;
const ERROR = 5;
const OPTIONS = 6;

/** What a datagram says; null when it is none of these. */
export function parseTftp(bytes: Uint8Array): TftpPacket | null {
  if (bytes.length < 2) return null;
  const operation = read16(bytes, 0);
  const rest = bytes.subarray(2);
  if (operation === READ || operation === WRITE) {
    const [file, mode, ...options] = texts(rest);
    if (file === undefined || mode === undefined) return null;
    return {
      kind: operation === READ ? 'read' : 'write',
      file,
      mode: mode.toLowerCase(),
      options: pairs(options),
    };
  }
  if (operation === OPTIONS) return { kind: 'options', options: pairs(texts(rest)) };
  if (bytes.length < 4) return null;
  const number = read16(bytes, 2);
  if (operation === DATA) return { kind: 'data', block: number, bytes: bytes.subarray(4) };
  if (operation === ACKNOWLEDGEMENT) return { kind: 'acknowledgement', block: number };
  if (operation === ERROR) return { kind: 'error', code: number, message: texts(bytes.subarray(4))[0] ?? '' };
  return null;
}

export function buildTftp(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'read':
    case 'write': {
      const fields = [packet.file, packet.mode, ...[...packet.options].flat()];
      return concatBytes([word(packet.kind === 'read' ? READ : WRITE), ...fields.map(terminated)]);
    }
    case 'data':
      return concatBytes([word(DATA), word(packet.block), packet.bytes]);
    case 'acknowledgement':
      return concatBytes([word(ACKNOWLEDGEMENT), word(packet.block)]);
    case 'error':
      return concatBytes([word(ERROR), word(packet.code), terminated(packet.message)]);
    case 'options':
      return concatBytes([word(OPTIONS), ...[...packet.options].flat().map(terminated)]);
  }
}

const word = (value: number) => Uint8Array.of(value >> 8, value & 255);
const terminated = (text: string) => encodeUtf8(`${text}\0`);

/** Texts that each end in a 0; what follows the last is no text. */
function texts(bytes: Uint8Array): string[] {
  return decodeUtf8(bytes).split('\0').slice(0, -1);
}

function pairs(list: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) found.set(list[i]!.toLowerCase(), list[i + 1]!);
  return found;
}
