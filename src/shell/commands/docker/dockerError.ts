/** A message for standard error, and the exit status with it. */
export class DockerError extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}
