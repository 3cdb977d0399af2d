/** What the book's statements rest on. Chapters name sources by key; `Sources` prints them. */

export interface Source {
  readonly title: string;
  readonly url: string;
}

export const sources = {
  'agache-2020': {
    title: 'Agache et al., “Firecracker: Lightweight Virtualization for Serverless Applications”, NSDI 2020',
    url: 'https://www.usenix.org/conference/nsdi20/presentation/agache',
  },
  'barham-2003': {
    title: 'Barham et al., “Xen and the Art of Virtualization”, SOSP 2003',
    url: 'https://doi.org/10.1145/945445.945462',
  },
  'bugnion-2012': {
    title:
      'Bugnion et al., “Bringing Virtualization to the x86 Architecture with the Original VMware Workstation”, ACM TOCS 2012',
    url: 'https://doi.org/10.1145/2382553.2382554',
  },
  'popek-1974': {
    title:
      'Popek and Goldberg, “Formal Requirements for Virtualizable Third Generation Architectures”, CACM 1974',
    url: 'https://doi.org/10.1145/361011.361073',
  },
  'mao-2012': {
    title: 'Mao and Humphrey, “A Performance Study on the VM Startup Time in the Cloud”, IEEE CLOUD 2012',
    url: 'https://doi.org/10.1109/CLOUD.2012.103',
  },
  'harter-2016': {
    title: 'Harter et al., “Slacker: Fast Distribution with Lazy Docker Containers”, FAST 2016',
    url: 'https://www.usenix.org/conference/fast16/technical-sessions/presentation/harter',
  },
  'brooker-2023': {
    title: 'Brooker et al., “On-demand Container Loading in AWS Lambda”, USENIX ATC 2023',
    url: 'https://arxiv.org/abs/2305.13162',
  },
  'shahrad-2020': {
    title: 'Shahrad et al., “Serverless in the Wild”, USENIX ATC 2020',
    url: 'https://www.usenix.org/conference/atc20/presentation/shahrad',
  },
  kvm: {
    title: 'Linux kernel documentation: the KVM API',
    url: 'https://docs.kernel.org/virt/kvm/api.html',
  },
  'riscv-h': {
    title: 'RISC-V privileged specification: the hypervisor extension',
    url: 'https://github.com/riscv/riscv-isa-manual',
  },
  'riscv-sbi': {
    title: 'RISC-V Supervisor Binary Interface specification',
    url: 'https://github.com/riscv-non-isa/riscv-sbi-doc',
  },
  'libvirt-domain': {
    title: 'libvirt: the XML format of domains',
    url: 'https://libvirt.org/formatdomain.html',
  },
  'libvirt-filters': {
    title: 'libvirt: network filters',
    url: 'https://libvirt.org/formatnwfilter.html',
  },
  'hao-2021': {
    title: 'Hao et al., “An Empirical Analysis of VM Startup Times in Public IaaS Clouds”, 2021',
    url: 'https://arxiv.org/abs/2107.03467',
  },
  vfio: {
    title: 'Linux kernel documentation: VFIO',
    url: 'https://docs.kernel.org/driver-api/vfio.html',
  },
  l1tf: {
    title: 'Linux kernel documentation: L1 terminal fault',
    url: 'https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html',
  },
  virtio: { title: 'OASIS: the virtio specification', url: 'https://github.com/oasis-tcs/virtio-spec' },
  qemu: { title: 'QEMU: system emulation', url: 'https://www.qemu.org/docs/master/system/' },
  firecracker: {
    title: 'Firecracker: specification and design',
    url: 'https://github.com/firecracker-microvm/firecracker',
  },
  'cloud-init': {
    title: 'cloud-init: boot stages',
    url: 'https://docs.cloud-init.io/en/latest/explanation/boot.html',
  },
  ami: {
    title: 'Amazon EC2 API: CreateImage',
    url: 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html',
  },
  ebs: {
    title: 'Amazon EBS: volume initialization',
    url: 'https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html',
  },
  'vm-import': {
    title: 'AWS VM Import/Export user guide',
    url: 'https://docs.aws.amazon.com/vm-import/latest/userguide/',
  },
  'gcloud-import': {
    title: 'Google Cloud: gcloud compute migration image-imports create',
    url: 'https://docs.cloud.google.com/sdk/gcloud/reference/compute/migration/image-imports/create',
  },
  namespaces: {
    title: 'Linux manual: namespaces(7)',
    url: 'https://man7.org/linux/man-pages/man7/namespaces.7.html',
  },
  cgroups: { title: 'Linux manual: cgroups(7)', url: 'https://man7.org/linux/man-pages/man7/cgroups.7.html' },
  strace: { title: 'Linux manual: strace(1)', url: 'https://man7.org/linux/man-pages/man1/strace.1.html' },
  overlayfs: {
    title: 'Linux kernel documentation: overlay file system',
    url: 'https://docs.kernel.org/filesystems/overlayfs.html',
  },
  'image-spec': {
    title: 'Open Container Initiative: image specification, filesystem layers',
    url: 'https://github.com/opencontainers/image-spec/blob/main/layer.md',
  },
  'image-manifest': {
    title: 'Open Container Initiative: image specification, manifest',
    url: 'https://github.com/opencontainers/image-spec/blob/main/manifest.md',
  },
  'runtime-spec': {
    title: 'Open Container Initiative: runtime specification',
    url: 'https://github.com/opencontainers/runtime-spec',
  },
  'distribution-spec': {
    title: 'Open Container Initiative: distribution specification',
    url: 'https://github.com/opencontainers/distribution-spec/blob/main/spec.md',
  },
  containerd: {
    title: 'containerd: content flow',
    url: 'https://github.com/containerd/containerd/blob/main/docs/content-flow.md',
  },
  'docker-storage': {
    title: 'Docker documentation: storage',
    url: 'https://docs.docker.com/engine/storage/',
  },
  'docker-drivers': {
    title: 'Docker documentation: storage drivers, images and layers',
    url: 'https://docs.docker.com/engine/storage/drivers/',
  },
  'docker-overlay': {
    title: 'Docker documentation: the OverlayFS storage driver',
    url: 'https://docs.docker.com/engine/storage/drivers/overlayfs-driver/',
  },
  'docker-volumes': {
    title: 'Docker documentation: volumes',
    url: 'https://docs.docker.com/engine/storage/volumes/',
  },
  'docker-bind': {
    title: 'Docker documentation: bind mounts',
    url: 'https://docs.docker.com/engine/storage/bind-mounts/',
  },
  'docker-seccomp': {
    title: 'Docker documentation: seccomp profiles',
    url: 'https://docs.docker.com/engine/security/seccomp/',
  },
  'docker-cache': {
    title: 'Docker documentation: build cache invalidation',
    url: 'https://docs.docker.com/build/cache/invalidation/',
  },
  gvisor: { title: 'gVisor', url: 'https://github.com/google/gvisor' },
  php: { title: 'PHP manual: what PHP is', url: 'https://www.php.net/manual/en/introduction.php' },
  ecr: {
    title: 'Amazon ECR: service quotas',
    url: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html',
  },
  'hub-pulls': {
    title: 'Docker Hub: usage and limits of pulls',
    url: 'https://docs.docker.com/docker-hub/usage/pulls/',
  },
  distribution: {
    title: 'CNCF Distribution, the registry implementation',
    url: 'https://github.com/distribution/distribution',
  },
  harbor: { title: 'Harbor, a registry to run oneself', url: 'https://github.com/goharbor/harbor' },
  'lambda-images': {
    title: 'AWS Lambda: functions from container images',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/images-create.html',
  },
  'lambda-limits': {
    title: 'AWS Lambda: quotas',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  },
  'lambda-lifecycle': {
    title: 'AWS Lambda: life cycle of an execution environment',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html',
  },
  'lambda-managed': {
    title: 'AWS Lambda: managed instances',
    url: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html',
  },
  'cloud-run': {
    title: 'Google Cloud Run: concurrency',
    url: 'https://docs.cloud.google.com/run/docs/about-concurrency',
  },
  knative: { title: 'Knative Serving', url: 'https://knative.dev/docs/serving/' },
} as const satisfies Record<string, Source>;

export type SourceKey = keyof typeof sources;
