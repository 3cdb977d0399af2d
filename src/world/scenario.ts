/** A scenario: the data that, together with a seed, is a world. Plain values only, so that it can be shown, hashed and varied. */
import type { BootPolicies, DiskServices, HostPolicies } from '../libvirt/index.ts';
import type { FilesystemTypes, FileTree, ProgramTable } from '../linux/index.ts';

export interface Scenario {
  /** Seconds since 1970 at virtual time 0; default {@link DEFAULT_EPOCH}. */
  readonly epoch?: number;
  readonly hosts: readonly HostSpec[];
  /** Cables between network cards of hosts; a card without one has no carrier. */
  readonly cables?: readonly CableSpec[];
}

/** A cable, alike in both directions. */
export interface CableSpec {
  /** Two cards, each as `host/card`. */
  readonly between: readonly [string, string];
  /** Bits a second; default 1e9. */
  readonly rate?: number;
  /** Nanoseconds on the way; default 5,000. */
  readonly delay?: number;
  /** Frames lost on the way: so many in so many; default none. */
  readonly loss?: { readonly numerator: number; readonly denominator: number };
}

/** The network of a host as it is when the host has booted; `ip` and its kin change it from there. */
export interface NetworkSpec {
  /** In this order, numbered from 2 on. */
  readonly devices?: readonly DeviceSpec[];
  /** `default` or a prefix, and the address of a router on the link. */
  readonly routes?: readonly { readonly to: string; readonly via: string }[];
  /** Packets for others are passed on. */
  readonly forward?: boolean;
  /** Each frame at each device goes to the trace as `net.frame`; default false. */
  readonly traceFrames?: boolean;
}

export interface DeviceSpec {
  readonly name: string;
  /** A card (the default), a bridge, or a tap that stays. */
  readonly kind?: 'card' | 'bridge' | 'tap';
  /** Default: chosen by the world's seed. */
  readonly mac?: string;
  /** With prefix lengths, `192.0.2.1/24`. */
  readonly addresses?: readonly string[];
  /** The bridge that it is a port of, which is one of the host's. */
  readonly master?: string;
  /** Default true. */
  readonly up?: boolean;
}

export interface HostSpec {
  /** Host name, as in the prompt. */
  readonly name: string;
  /** Number of CPUs; default 2. */
  readonly cpus?: number;
  /** Bytes of memory that /proc/meminfo shows; default 4 GiB. */
  readonly memory?: number;
  /** Who logs in at a terminal; default `student`, uid 1000, in group docker. */
  readonly user?: string;
  /** Files besides those of the base system; they replace files of the same path. */
  readonly files?: FileTree;
  /** Images that the engine holds at the start. When given, even empty, dockerd runs. */
  readonly images?: readonly ImageSpec[];
  /** The host is on a network: it has sockets, `ip` and its kin. A host with a hypervisor has one anyhow. */
  readonly network?: NetworkSpec;
  /** It serves images: `registry` runs, and the other hosts know its names. The host has to be on a network. */
  readonly registry?: RegistrySpec;
  /** The host lends processor time and memory to VMs: /dev/kvm is there, and libvirtd runs. */
  readonly hypervisor?: HypervisorSpec;
  /** The clients of the two simulated clouds are there, which keep what they have in /var/lib/aws-sim and /var/lib/gcloud-sim. */
  readonly clouds?: boolean;
  /** A shell script run as root at boot; the world is ready when it has ended with status 0. */
  readonly setup?: string;
  /** File-system types besides the kernel's own, for mount(8). */
  readonly filesystems?: FilesystemTypes;
  /** Programs besides the base system's, in /usr/local/bin. */
  readonly programs?: ProgramTable;
  /** Text shown at login. */
  readonly motd?: string;
}

export interface RegistrySpec {
  /** Text of /etc/distribution/config.yml; without it everybody may do everything at port 5000. */
  readonly config?: string;
  /**
   * In place of Docker Hub: known as registry-1.docker.io and auth.docker.io, at port 443 (in plain where the real one has TLS), with tokens
   * and limits on pulls.
   */
  readonly hub?: boolean;
  /** Who may log in to such a hub, and push below their names. */
  readonly users?: readonly { readonly name: string; readonly password: string }[];
  /** What it has from the start, by repository and tag. */
  readonly images?: readonly ImageSpec[];
  /** More names of the host, in the /etc/hosts of all. */
  readonly names?: readonly string[];
}

export interface HypervisorSpec {
  /** Bytes of the host's memory that guests may have, in whole MiB; tables that map it included. */
  readonly memory: number;
  /**
   * Whether each VM exit, page-in and device request goes to the trace, for figures and checks that follow single ones: a busy guest makes
   * some thousands a second. Starts, ends and states of domains are there anyhow.
   */
  readonly traceExits?: boolean;
  /** Whether what VMs print goes to the trace, too: whoever asks how far a guest has come looks there. */
  readonly traceConsole?: boolean;
  /** Back ends of VMs' disks in place of the hypervisor's own: learner code. */
  readonly services?: DiskServices;
  /** What VMs without a kernel start from, in place of their boot ROM: learner code. */
  readonly boots?: BootPolicies;
  /** Decisions of the hypervisor: learner code. */
  readonly policies?: HostPolicies;
  /** What machines on the virtual network `default` can boot from; without it they get addresses alone. */
  readonly networkBoot?: NetworkBootSpec;
}

/** As `<bootp>` and `<tftp>` of a libvirt network. */
export interface NetworkBootSpec {
  /** Of the host: what lies in it is given out by TFTP. */
  readonly tftpRoot: string;
  /** A path below it. */
  readonly bootFile: string;
}

/** An image made of layers on top of another image of the scenario or of `base:latest`. */
export interface ImageSpec {
  /** `name:tag`. */
  readonly reference: string;
  /** The image whose layers come below; none: the layers stand alone. */
  readonly from?: string;
  /** Bottom first. */
  readonly layers: readonly FileTree[];
  /** As in image-spec's config.md; what is absent comes from `from`. */
  readonly config?: ImageConfigSpec;
}

export interface ImageConfigSpec {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly Labels?: Readonly<Record<string, string>>;
}

/** 2026-01-05 09:00:00 UTC, a Monday. */
export const DEFAULT_EPOCH = 1_767_603_600;

/** A scenario that cannot be built: names the host and shows what its setup script printed. */
export class ScenarioError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScenarioError';
  }
}
