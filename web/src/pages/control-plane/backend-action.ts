/**
 * What an operator can do to backends: how it is called, what it will do in a sentence, the call that does it, and what of it
 * the simulator is asked. Dialog, menu, keys and the details all follow from this list.
 */
import type { BackendState } from '#contract/admin.ts';
import type { SimulatedChange } from '#contract/simulate.ts';
import type { ChangeAnswer } from '#contract/control.ts';
import { editBackend, removeBackend, type ChangeOptions } from '../../data/changes.ts';
import type { BackendRow } from './backend-rows.ts';

export const ACTION_NAMES = ['drain', 'maintenance', 'activate', 'weight', 'remove'] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

export interface BackendAction {
  readonly title: string;
  /** In a list of keys. */
  readonly key: string;
  /** As the button that does it says. */
  readonly verb: string;
  /** What becomes of it, for one who does it the first time. */
  readonly says: string;
  readonly danger: boolean;
  /** Those in this state are in it already. */
  readonly isDone: (state: BackendState) => boolean;
  /** Whether a backend serves afterwards: null as it did before. */
  readonly serving: boolean | null;
  /** `weight`: of the action `weight` alone. */
  readonly run: (row: BackendRow, weight: number, options: ChangeOptions) => Promise<ChangeAnswer>;
  readonly simulated: (row: BackendRow, weight: number) => SimulatedChange;
  /** `app/slow` or `3 backends`. */
  readonly done: (names: string) => string;
}

const isOut = (state: BackendState): boolean => state === 'draining' || state === 'maintenance';

export const ACTIONS: Readonly<Record<ActionName, BackendAction>> = {
  drain: {
    title: 'Drain',
    key: 'd',
    verb: 'Drain',
    says: 'It gets no new requests. Those that it has begun end as if nothing had happened, and it is probed on.',
    danger: false,
    isDone: (state) => state === 'draining',
    serving: false,
    run: ({ pool, id }, _, options) => editBackend(pool, id, { state: 'draining' }, options),
    simulated: ({ id }) => ({ kind: 'state', backend: id, state: 'draining' }),
    done: (names) => `Draining ${names}`,
  },
  maintenance: {
    title: 'Maintenance',
    key: 'm',
    verb: 'Put in maintenance',
    says: 'It gets no new requests, and those that it has begun end. When it comes back, it gets its share little by little.',
    danger: false,
    isDone: (state) => state === 'maintenance',
    serving: false,
    run: ({ pool, id }, _, options) => editBackend(pool, id, { state: 'maintenance' }, options),
    simulated: ({ id }) => ({ kind: 'state', backend: id, state: 'maintenance' }),
    done: (names) => `In maintenance: ${names}`,
  },
  activate: {
    title: 'Activate',
    key: 'a',
    verb: 'Activate',
    says: 'It gets requests again, unless its probes fail.',
    danger: false,
    isDone: (state) => !isOut(state),
    serving: true,
    run: ({ pool, id }, _, options) => editBackend(pool, id, { state: 'active' }, options),
    simulated: ({ id }) => ({ kind: 'state', backend: id, state: 'active' }),
    done: (names) => `Active again: ${names}`,
  },
  weight: {
    title: 'Weight…',
    key: 'w',
    verb: 'Set weight',
    says: 'Its share among the backends of its tier follows its weight. With weight 0 it gets no new requests.',
    danger: false,
    isDone: () => false,
    serving: null,
    run: ({ pool, id }, weight, options) => editBackend(pool, id, { weight }, options),
    simulated: ({ id }, weight) => ({ kind: 'weight', backend: id, weight }),
    done: (names) => `New weight for ${names}`,
  },
  remove: {
    title: 'Remove…',
    key: 'R',
    verb: 'Remove after draining',
    says: 'It gets nothing new from now on. Once the requests that it has begun are over, it is gone from the pool.',
    danger: true,
    isDone: () => false,
    serving: false,
    run: ({ pool, id }, _, options) => removeBackend(pool, id, options),
    simulated: ({ id }) => ({ kind: 'without', backend: id }),
    done: (names) => `Removed ${names}`,
  },
};

/** Actions that would change something of this backend. */
export function actionsFor({ backend }: BackendRow): readonly ActionName[] {
  return ACTION_NAMES.filter((name) => !ACTIONS[name].isDone(backend.state));
}

/** The one that is wanted most. */
export function firstAction({ backend }: BackendRow): 'drain' | 'activate' {
  return isOut(backend.state) ? 'activate' : 'drain';
}
