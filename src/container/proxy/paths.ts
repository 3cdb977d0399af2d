/** What the daemon and the proxy agree on. */
export const PROXY_PATH = '/usr/bin/docker-proxy';
/** The descriptor at which the proxy finds the socket of the published port. */
export const PROXY_LISTENER = 4;
