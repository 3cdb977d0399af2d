/** The network of simulated hosts: code that only hosts with a network need, so the room's own index does not name it. */

export * from './netlink/requests.ts';
export { HostNetwork } from './stack.ts';
