/** What VMs of a host tell the trace. The subject is the host. */
declare module '../base/trace.ts' {
  interface TraceEvents {
    'kvm.create': { vm: string; memory: number; vcpus: number };
    /** The guest ended by itself: why. */
    'kvm.stop': { vm: string; reason: string };
    'kvm.destroy': { vm: string };
    /** Some of what a guest printed on its console; told only where the scenario asks for it. */
    'console.output': { vm: string; text: string };
    /** What a disk of a VM asked of an image file. The subject is the VM's device. Offsets and lengths in bytes of the file. */
    'image.read': { file: string; offset: number; bytes: number };
    'image.write': { file: string; offset: number; bytes: number };
    /** fsync(2): what was written until then is on the host's disk. */
    'image.flush': { file: string };
    /** A domain's state as libvirt names it, with the reason. */
    'domain.state': { domain: string; state: string; reason: string };
  }
}

export {};
