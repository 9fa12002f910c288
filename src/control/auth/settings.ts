/** What the configuration says about who may use the admin API. */
import type { Role } from '#contract/control.ts';

export interface TokenSetting {
  readonly name: string;
  readonly role: Role;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash: string;
}

export interface AdminSettings {
  readonly tokens: readonly TokenSetting[];
  /** Every GET but `/admin/tokens` needs no token. */
  readonly publicRead: boolean;
  /** `/metrics` alone needs no token. */
  readonly publicMetrics: boolean;
}
