/** What every room may use: time, order, chance, bytes, digests, error numbers, the trace. */
export { assert, isEngineLimit, unreachable } from './assert.ts';
export { fromBase64, toBase64, toBase64Url } from './base64.ts';
export { keptCopy } from './bytePool.ts';
export { concatBytes, decodeUtf8, encodeUtf8, equalBytes } from './bytes.ts';
export { canonicalJson, sha256Hex, sha256Stream, toHex } from './digest.ts';
export { type Errno, errnoNamed, errnoNumber, isOsError, OsError, strerror } from './errno.ts';
export {
  type Clock,
  EventQueue,
  MICROSECOND,
  MILLISECOND,
  type Nanos,
  type ScheduledEvent,
  SECOND,
  TimedEvent,
} from './eventQueue.ts';
export { FewMap } from './fewMap.ts';
export { FewSet, type ReadonlyFewSet } from './fewSet.ts';
export { goQuote } from './goQuote.ts';
export { JsonError, parseJson } from './json.ts';
export { largest } from './largest.ts';
export { Random } from './random.ts';
export { type Sibling, Siblings } from './siblings.ts';
export { Slot } from './slot.ts';
export { type ByteRange, SPARSE_BLOCK, SparseBytes } from './sparseBytes.ts';
export { Trace, type TraceEvent, type TraceEvents } from './trace.ts';
export { formatUuid, randomUuid } from './uuid.ts';
