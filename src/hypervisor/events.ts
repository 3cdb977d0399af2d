/** What the hypervisor tells the trace. */
declare module '../base/trace.ts' {
  interface TraceEvents {
    /** A hart left a guest; `detail` is what the hardware gave, in words. The subject is the VM. */
    'vm.exit': { vcpu: number; exit: string; detail: string; pc: number };
    /** A guest frame got its host frame at its first use. */
    'vm.pageIn': { guestFrame: number; frame: number };
    /** A replaceable policy threw or answered nonsense. The subject is whom it was about, or `host`. */
    'policy.fault': { policy: string; message: string };
    /** A frame went through a virtual switch, to these ports, with commas between them. The subject is the switch. */
    'switch.frame': { from: string; to: string; source: string; destination: string; bytes: number };
    /** A vCPU waits for a frame of the host's memory. */
    'vm.starve': { vcpu: number };
    'vm.start': { entry: number; vcpus: number };
    'vm.stop': { reason: string };
    /** A round of a live migration ended: pages sent, and how long that took. */
    'migration.round': { round: number; pages: number; nanos: number };
    /** How a live migration ended. */
    'migration.end': { outcome: string; downtime: number; total: number };
    /** A hart changed from one vCPU to another; null is idle. */
    'vcpu.run': { cpu: number; vm: string; vcpu: number };
  }
}

export {};
