/** What VMs of a host tell the trace. The subject is the host. */
declare module '../base/trace.ts' {
  interface TraceEvents {
    'kvm.create': { vm: string; memory: number; vcpus: number };
    /** The guest ended by itself: why. */
    'kvm.stop': { vm: string; reason: string };
    'kvm.destroy': { vm: string };
    /** A domain's state as libvirt names it, with the reason. */
    'domain.state': { domain: string; state: string; reason: string };
  }
}

export {};
