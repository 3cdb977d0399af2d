/** Users, groups, capabilities and user namespaces. */
export * from './capabilities.ts';
export * from './credentials.ts';
export { CAPABILITY_XATTR, readFileCapabilities, writeFileCapabilities } from './fileCapabilities.ts';
export type { SeccompAction, SeccompArgument, SeccompFilter, SeccompRule } from './seccompFilter.ts';
export * from './userNamespace.ts';
