/** Networks: frames and devices, the IPv4 stack of a namespace, netfilter, capture files, and the protocols of address and name servers. */
export {
  ANY,
  broadcastOf,
  formatIpv4,
  formatPrefix,
  type Ipv4,
  inPrefix,
  isLoopback,
  isMulticast,
  LIMITED_BROADCAST,
  LOOPBACK_ADDRESS,
  netmask,
  networkOf,
  type Prefix,
  parseInetAton,
  parseIpv4,
  parsePrefix,
} from './address/ipv4.ts';
export { formatIpv6 } from './address/ipv6Text.ts';
export {
  BROADCAST_MAC,
  isGroupMac,
  type Mac,
  macBytes,
  parseMac,
  randomMac,
  readMac,
  writeMac,
  ZERO_MAC,
} from './address/mac.ts';
export type { PrinterOptions } from './capture/options.ts';
export {
  CaptureError,
  type CaptureFile,
  captureHeader,
  captureRecord,
  readCapture,
} from './capture/pcap.ts';
export { FramePrinter } from './capture/printer.ts';
export type { NetworkContext } from './context.ts';
export {
  type DhcpAction,
  type DhcpBinding,
  DhcpClient,
  type DhcpClientState,
} from './dhcp/client.ts';
export {
  buildDhcp,
  DHCP_CLIENT_PORT,
  DHCP_OPTION,
  DHCP_SERVER_PORT,
  type DhcpMessage,
  type DhcpType,
  dhcpType,
  numbersValue,
  optionNumbers,
  optionText,
  parseDhcp,
  typeValue,
} from './dhcp/message.ts';
export { type DhcpAnswer, type DhcpLease, DhcpServer, type DhcpServerConfig } from './dhcp/server.ts';
export {
  buildDns,
  type DnsData,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  type DnsType,
  dnsTypeName,
  dnsTypeNumber,
  parseDns,
  RCODES,
  type Rcode,
} from './dns/message.ts';
export { type DomainName, isDomainName } from './dns/name.ts';
export {
  DEFAULT_RESOLVER,
  type Resolution,
  Resolver,
  type ResolverConfig,
  type Transmission,
} from './dns/resolver.ts';
export { answerFrom, dnsDatagram, reply as dnsReply, reverseName, type Zone } from './dns/server.ts';
export { Dnsmasq, type DnsmasqOptions } from './dnsmasq/dnsmasq.ts';
export { BridgeDevice } from './link/bridge.ts';
export { type BridgePort, type PortState, VlanMembership } from './link/bridgePort.ts';
export {
  type DeviceKind,
  type DeviceOwner,
  type DeviceStatistics,
  type FrameListener,
  NetworkDevice,
  type OperState,
} from './link/device.ts';
export { DummyDevice } from './link/dummy.ts';
export type { FdbEntry } from './link/fdb.ts';
export { LoopbackDevice } from './link/loopback.ts';
export { PhysicalDevice } from './link/physical.ts';
export {
  type NetemOptions,
  Qdisc,
  type QdiscOptions,
  type QdiscStatistics,
  type TbfOptions,
  WHOLE_SHARE,
} from './link/qdisc.ts';
export { plugIntoTap, TapDevice, type VmCable } from './link/tap.ts';
export { VethDevice } from './link/veth.ts';
export { VlanDevice } from './link/vlan.ts';
export { GIGABIT_WIRE, VIRTUAL_WIRE, Wire, type WireOptions } from './link/wire.ts';
export type { FlowEvent } from './netfilter/conntrack/events.ts';
export type { Counters, CtState, Direction, Flow } from './netfilter/conntrack/flow.ts';
export type { Conntrack } from './netfilter/conntrack/table.ts';
export type { TcpFlowState } from './netfilter/conntrack/tcpFlow.ts';
export type { Tuple } from './netfilter/conntrack/tuple.ts';
export type { NatRange } from './netfilter/nat/mapping.ts';
export { Netfilter } from './netfilter/netfilter.ts';
export {
  type Action,
  type BaseChain,
  type Chain,
  type ChainType,
  type CounterStatement,
  type Match,
  PRIORITY,
  type Range,
  type RejectWith,
  type Rule,
  type Statement,
  type Table,
} from './netfilter/ruleset.ts';
export type {
  NamedSet,
  NewElement,
  SetDeclaration,
  SetElement,
  SetField,
  SetKey,
  SetType,
} from './netfilter/sets.ts';
export { keyText } from './netfilter/sets.ts';
export { ARP_REPLY, ARP_REQUEST, type ArpPacket, announcement, buildArp, parseArp } from './packet/arp.ts';
export { checksum, transportChecksum } from './packet/checksum.ts';
export {
  buildEthernet,
  ETH_HLEN,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  type EthernetFrame,
  parseEthernet,
  tagged,
  untagged,
  type VlanTag,
  vlanOf,
} from './packet/ethernet.ts';
export {
  buildIcmp,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_TIME_EXCEEDED,
  type IcmpMessage,
  parseIcmp,
} from './packet/icmp.ts';
export {
  buildIpv4,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Ipv4Fields,
  type Ipv4Header,
  parseIpv4Packet,
} from './packet/ipv4.ts';
export { buildTcp, parseTcp, type TcpOptions, type TcpSegment } from './packet/tcp.ts';
export { buildUdp, parseUdp, type UdpDatagram } from './packet/udp.ts';
export {
  type BridgePolicy,
  type BridgePolicyAnswer,
  type BridgePolicyEntry,
  type BridgePolicyFrame,
  type BridgePolicyPort,
  type BridgeQuestion,
  bridgeAnswerProblem,
} from './policies/bridgePolicy.ts';
export { PolicyNat } from './policies/policyNat.ts';
export { type NatFlow, TrackingNat, type TrackingNatOptions } from './policies/trackingNat.ts';
export type { NatAnswer, NatEnd, NatFault, NatPacket, NatPolicy } from './policies/types.ts';
export { type CapturedFrame, ETH_P_ALL, type PacketSocket } from './socket/packet.ts';
export type { PingError, PingSocket } from './socket/ping.ts';
export type { RawPacket, RawSocket } from './socket/raw.ts';
export { NetworkSocket, type SocketAddress, type SocketReadiness } from './socket/socket.ts';
export type { Datagram, UdpSocket } from './socket/udp.ts';
export {
  type AddressOptions,
  type AddressScope,
  customaryBroadcast,
  type InterfaceAddress,
} from './stack/addresses.ts';
export type { NetworkEvent } from './stack/events.ts';
export { NetworkNamespace } from './stack/namespace.ts';
export type { Neighbour, NeighbourState } from './stack/neighbours.ts';
export type { Hook, Packet, PacketFilter } from './stack/packet.ts';
export type { Route, RouteProtocol, RouteScope, RouteType } from './stack/routes.ts';
export type { Way } from './stack/routing.ts';
export type { NetworkSettings } from './stack/settings.ts';
export type { TcpConnection, TcpState } from './tcp/connection.ts';
export type { TcpSocket } from './tcp/socket.ts';
export {
  buildTftp,
  parseTftp,
  TFTP_ERRORS,
  type TftpPacket,
} from './tftp/packets.ts';
export {
  TFTP_PORT,
  type TftpDatagram,
  type TftpEnd,
  type TftpPeer,
  TftpServer,
  type TftpServerOptions,
} from './tftp/server.ts';
