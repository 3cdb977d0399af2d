/** Users, groups, capabilities and user namespaces. */
export * from './capabilities.ts';
export * from './credentials.ts';
export * from './userNamespace.ts';
