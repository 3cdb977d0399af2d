/** What the network tells the trace. The subject is the network namespace's name. */
import '../base/trace.ts';

declare module '../base/trace.ts' {
  interface TraceEvents {
    /** A frame crossed a device; only where the context traces frames. `summary` is as tcpdump prints it. */
    'net.frame': { device: string; direction: 'in' | 'out'; bytes: number; summary: string };
    /** A device lost a frame. */
    'net.lost': { device: string; bytes: number; reason: string };
    /** A bridge learned where an address is, or that it moved; `from` is the port it was at. */
    'bridge.learn': { bridge: string; mac: string; vlan: number; port: string; from: string | null };
    /** A frame went out at all ports but its own, since its destination is a group or unknown. */
    'bridge.flood': { bridge: string; mac: string; vlan: number; ports: readonly string[] };
    /** A bridge forgot an address that was not heard of for the ageing time. */
    'bridge.age': { bridge: string; mac: string; vlan: number; port: string };
    /** A neighbour's state changed, in the words of ip-neighbour(8). */
    'arp.state': { device: string; address: string; from: string | null; to: string; mac: string | null };
    /** What dnsmasq wrote to its log. */
    'dnsmasq.log': { line: string };
    /** A router passed a packet on; only where the context traces frames. */
    'ip.forward': { from: string; to: string; source: string; destination: string; ttl: number };
    /** An IPv4 packet went no further. */
    'ip.drop': { source: string; destination: string; reason: string };
    /** netfilter stopped a packet: by a rule's handle, or by the chain's policy. */
    'nf.drop': {
      hook: string;
      table: string;
      chain: string;
      rule: number | null;
      source: number;
      destination: number;
    };
    /** A `log` statement. */
    'nf.log': {
      prefix: string;
      chain: string;
      in: string;
      out: string;
      source: number;
      destination: number;
      protocol: number;
      length: number;
    };
    /** A flow was entered into the connection table. */
    'ct.new': {
      protocol: number;
      source: number;
      destination: number;
      sourcePort: number;
      destinationPort: number;
    };
    /** The connection table has no room for another flow. */
    'ct.full': { max: number };
    /** A flow's source or destination was translated; packets of it, and their answers, are rewritten from now on. */
    'nat.rewrite': {
      side: 'source' | 'destination';
      protocol: number;
      from: string;
      to: string;
      device: string;
    };
    /** A translator in the place of netfilter's dropped a packet. */
    'nat.drop': { reason: string; from: string; to: string };
    /** No port was left for a flow. */
    'nat.exhausted': { side: 'source' | 'destination'; flow: string };
    /** A TCP connection changed its state (RFC 9293, 3.3.2). */
    'tcp.state': { local: string; remote: string; from: string; to: string };
    /** TCP sent something again: after its timer or after three equal acknowledgements. */
    'tcp.retransmit': {
      local: string;
      remote: string;
      sequence: number;
      bytes: number;
      cause: 'timeout' | 'fast';
    };
  }
}
