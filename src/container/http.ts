/**
 * HTTP/1.1 over descriptors (RFC 9110, RFC 9112) as the Docker Engine API uses it, in `http/`: `reader` and `head` and `body` take messages
 * apart, `serve` and `exchange` are the daemon's side, `client` the other.
 */
export {
  type Address,
  type Answer,
  ask,
  CLIENT_VERSION,
  Connection,
  type RawStream,
  request,
  requestStream,
  send,
} from './http/client.ts';
export type { Exchange } from './http/exchange.ts';
export { isTrue, type Request, type Response } from './http/message.ts';
export { type Service, serveConnection } from './http/serve.ts';
