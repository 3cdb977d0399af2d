/** What is sent in a message, after its head. */
import { concatBytes, encodeUtf8 } from '../../base/index.ts';
import { JSON_TYPE, TAR } from './message.ts';

/** Bytes, or what is sent as UTF-8. */
type Data = Uint8Array | string;

export interface Content {
  readonly data: Data;
  /** Bytes. */
  readonly length: number;
  /** Its media type. */
  readonly type: string;
}

const NOTHING: Content = { data: '', length: 0, type: JSON_TYPE };
const NOT_ASCII = /[^\x00-\x7f]/;

/** A body: nothing for null, an archive's bytes, or JSON. */
export function contentOf(body: unknown): Content {
  if (body === null) return NOTHING;
  if (body instanceof Uint8Array) return { data: body, length: body.length, type: TAR };
  const data = `${JSON.stringify(body)}\n`;
  return { data, length: NOT_ASCII.test(data) ? encodeUtf8(data).length : data.length, type: JSON_TYPE };
}

/** A head and what follows it, in one piece. */
export const messageBytes = (head: string, data: Data): Uint8Array =>
  typeof data === 'string' ? encodeUtf8(head + data) : concatBytes([encodeUtf8(head), data]);
