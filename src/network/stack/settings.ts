/** The switches of /proc/sys/net/ipv4 that the stack obeys, with Linux's defaults. */

export interface NetworkSettings {
  /** ip_forward: packets for others are passed on. */
  ipForward: boolean;
  /** ip_default_ttl. */
  defaultTtl: number;
  /** ip_local_port_range: ports that are given to those who ask for none. */
  localPortRange: readonly [number, number];
  /** ip_unprivileged_port_start: ports below it are for those who have CAP_NET_BIND_SERVICE. */
  unprivilegedPortStart: number;
  /** ping_group_range: the groups, first and last, that may have sockets which can only ping. */
  pingGroupRange: readonly [number, number];
  /** icmp_echo_ignore_all, icmp_echo_ignore_broadcasts. */
  icmpEchoIgnoreAll: boolean;
  icmpEchoIgnoreBroadcasts: boolean;
  /** icmp_ratelimit: milliseconds between two errors to one host, after a burst; 0 is no limit. */
  icmpRateLimit: number;
  /** conf/all/route_localnet: 127.0.0.0/8 may come from and go to outside. */
  routeLocalnet: boolean;
  /** tcp_syn_retries, tcp_synack_retries, tcp_retries2. */
  tcpSynRetries: number;
  tcpSynAckRetries: number;
  tcpRetries2: number;
  /** net.core.somaxconn: the longest backlog. */
  somaxconn: number;
}

export function defaultSettings(): NetworkSettings {
  return {
    ipForward: false,
    defaultTtl: 64,
    localPortRange: [32_768, 60_999],
    unprivilegedPortStart: 1024,
    // Nobody, until somebody says who.
    pingGroupRange: [1, 0],
    icmpEchoIgnoreAll: false,
    icmpEchoIgnoreBroadcasts: true,
    icmpRateLimit: 1000,
    routeLocalnet: false,
    tcpSynRetries: 6,
    tcpSynAckRetries: 5,
    tcpRetries2: 15,
    somaxconn: 4096,
  };
}
