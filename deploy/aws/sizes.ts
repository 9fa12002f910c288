/** What differs between a place to try things and one that users depend on. */
export interface Size {
  readonly name: 'development' | 'production';
  readonly tasksLeast: number;
  readonly tasksMost: number;
  readonly cpu: 256 | 512 | 1024 | 2048;
  readonly memoryMiB: number;
  /** Each task's rate at which more are started. */
  readonly requestsPerTask: number;
  readonly logDays: 7 | 90;
  /** Whether a load balancer, logs and secrets survive the stack. */
  readonly keep: boolean;
  readonly spot: boolean;
}

export const SIZES: Readonly<Record<Size['name'], Size>> = {
  development: {
    name: 'development',
    tasksLeast: 1,
    tasksMost: 2,
    cpu: 512,
    memoryMiB: 1024,
    requestsPerTask: 2_000,
    logDays: 7,
    keep: false,
    spot: true,
  },
  production: {
    name: 'production',
    tasksLeast: 3,
    tasksMost: 30,
    cpu: 2048,
    memoryMiB: 4096,
    // A tenth of what two cores do at small requests (docs/scaling.md): CPU is what is followed, this catches the rest.
    requestsPerTask: 8_000,
    logDays: 90,
    keep: true,
    spot: false,
  },
};
