/** Host and domain name: uts_namespaces(7). */
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Namespace } from './kinds.ts';

export class UtsNamespace implements Namespace {
  readonly kind = 'uts';
  readonly inode: number;
  readonly userNs: UserNamespace;
  hostname: string;
  domainname: string;

  constructor(inode: number, userNs: UserNamespace, hostname: string, domainname = '(none)') {
    this.inode = inode;
    this.userNs = userNs;
    this.hostname = hostname;
    this.domainname = domainname;
  }
}
