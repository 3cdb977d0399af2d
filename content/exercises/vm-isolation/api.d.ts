/** The API of `isolation.ts`: what the hypervisor asks, and with what. All of it is plain data that nobody else changes. */

/** A virtual machine, as memory sees it. Its RAM is kept in host frames of 4096 bytes that follow one another. */
export interface Vm {
  readonly name: string;
  /** Guest physical address of the first byte of its RAM. */
  readonly ramBase: number;
  /** Bytes of RAM, a multiple of 4096. */
  readonly ramSize: number;
  /** Number of the host frame in which its RAM begins. What comes before and after belongs to others. */
  readonly firstFrame: number;
}

/** Who reaches for memory, and how. */
export interface Access {
  readonly kind: 'load' | 'store' | 'fetch';
  /** A vCPU's own instruction, or a device of the VM that was given an address (DMA). */
  readonly by: 'vcpu' | 'device';
  /** The address that the guest's program used. The guest's own page table has made guestPhysical of it. Devices have none. */
  readonly guestVirtual: number | null;
}

/** A virtual processor that could run now. */
export interface Vcpu {
  readonly vm: string;
  readonly vcpu: number;
  /** Its share against the others': one with 2000 is to get twice as much as one with 1000. */
  readonly weight: number;
  /** Processor time that it has had so far, in nanoseconds. */
  readonly runtime: number;
}

export interface Turn {
  /** Index of the one that runs now, in the list that was given. */
  readonly next: number;
  /** Nanoseconds until you are asked again, at least 100,000; null: when it gives the processor up by itself. */
  readonly quantum: number | null;
}

/** A VM's disk: a part of a volume on which the disks of others lie, too. Sectors have 512 bytes. */
export interface Disk {
  readonly name: string;
  /** The VM that has it. */
  readonly vm: string;
  /** Its size in sectors. */
  readonly sectors: number;
  /** The sector of the volume in which it begins. */
  readonly first: number;
}

/** A port of the virtual switch, with a VM behind it. */
export interface Port {
  readonly name: string;
  /** 1 to 4094. VMs in different VLANs are in different networks. */
  readonly vlan: number;
  /** The addresses of the network cards behind it. */
  readonly macs: readonly string[];
}

/** An Ethernet frame, as it came in. Nothing in it can be trusted: the guest wrote it. */
export interface Frame {
  /** As '52:54:00:00:00:0a'. In addresses of groups the lowest bit of the first byte is set; 'ff:ff:ff:ff:ff:ff' is everybody. */
  readonly destination: string;
  readonly source: string;
  /** The EtherType: 2048 is IPv4. */
  readonly type: number;
  /** The VLAN of a tag that the frame carries. VMs are to send without one: null. */
  readonly vlan: number | null;
}
