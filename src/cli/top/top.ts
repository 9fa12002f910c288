/** `edgebalancer top`: looks at the admin API again and again, and shows what it finds. */
import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { BackendsAnswer, MetricsAnswer, OverviewAnswer, StrategyAnswer } from '#contract/admin.ts';
import { withAdmin, type AdminClient } from '../admin-client.ts';
import type { AdminOptions } from '../admin-place.ts';
import { carryOut, outcomeText, propose } from '../change.ts';
import { CommandError, ending } from '../command-error.ts';
import type { Io } from '../io.ts';
import { failed, offered, press, proposed, START, told, type Dialogue, type Wish } from './dialogue.ts';
import { frameLines, printedLines } from './frame.ts';
import { keysOf } from './keys.ts';
import { Screen } from './screen.ts';
import { viewOf, type Look, type View } from './view.ts';

const EVERY_S_DEFAULT = 1;
const COLUMNS_DEFAULT = 80;

export interface TopOptions extends AdminOptions {
  readonly json?: boolean;
  /** Seconds between two looks. */
  readonly every?: number;
  readonly once?: boolean;
}

export function top(options: TopOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      // The first look fails like any command, before the screen is taken.
      const look = await lookAt(client);
      const live = options.once !== true && options.json !== true && io.columns !== undefined && process.stdin.isTTY;
      if (live) return await new LiveTop(client, options, io, look).run();
      if (options.json === true) {
        const { overview, metrics, backends } = look;
        io.stdout(`${JSON.stringify({ overview, metrics, backends }, null, 2)}\n`);
      } else {
        // Rates are between two looks.
        await wait((options.every ?? EVERY_S_DEFAULT) * 1000);
        const view = viewOf(await lookAt(client), look);
        const colour = io.columns !== undefined && hasColours(io);
        io.stdout(`${printedLines(view, client.place.shown, io.columns ?? COLUMNS_DEFAULT, colour).join('\n')}\n`);
      }
      return 0;
    }),
  );
}

async function lookAt(client: AdminClient): Promise<Look> {
  const [overview, metrics, backends] = await Promise.all([
    client.get<OverviewAnswer>('admin/overview'),
    client.get<MetricsAnswer>('admin/metrics'),
    client.get<BackendsAnswer>('admin/backends'),
  ]);
  return { atMs: performance.now(), overview, metrics, backends };
}

/** https://no-color.org: set, to anything. */
function hasColours({ env }: Io): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

class LiveTop {
  readonly #client: AdminClient;
  readonly #everyMs: number;
  readonly #colour: boolean;
  readonly #screen: Screen;
  #look: Look;
  #view: View;
  #lost = '';
  #dialogue: Dialogue = START;
  #timer: NodeJS.Timeout | undefined;
  /** Whether a look is under way. */
  #looking = false;
  #end: (outcome: number | Error) => void = () => {};
  #ended = false;

  constructor(client: AdminClient, { every = EVERY_S_DEFAULT }: TopOptions, io: Io, look: Look) {
    this.#client = client;
    this.#everyMs = every * 1000;
    this.#colour = hasColours(io);
    this.#look = look;
    this.#view = viewOf(look, null);
    this.#screen = new Screen(process.stdin, process.stdout, {
      onInput: (text) => this.#guarded(() => this.#type(text)),
      onResize: () => this.#guarded(() => this.#draw()),
      onEnd: (signal) => this.#end(signal === null ? 0 : SIGNALLED + constants.signals[signal]),
    });
  }

  /** Resolves with the exit code once the terminal is as it was. */
  async run(): Promise<number> {
    const outcome = await new Promise<number | Error>((resolve) => {
      this.#end = resolve;
      this.#screen.open();
      this.#draw();
      this.#schedule();
    });
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#screen.close();
    if (typeof outcome !== 'number') throw outcome;
    return outcome;
  }

  /** What goes wrong here must not leave a terminal in raw mode. */
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #draw(): void {
    const frame = { view: this.#view, lost: this.#lost, dialogue: this.#dialogue, place: this.#client.place.shown };
    this.#screen.show(frameLines(frame, this.#screen.size, this.#colour));
  }

  #schedule(): void {
    if (!this.#ended) this.#timer = setTimeout(() => void this.#renew(), this.#everyMs);
  }

  async #renew(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    clearTimeout(this.#timer);
    try {
      const look = await lookAt(this.#client);
      this.#view = viewOf(look, this.#look);
      this.#look = look;
      this.#lost = '';
    } catch (error) {
      if (!(error instanceof CommandError)) return this.#end(error as Error);
      this.#lost = error.message;
    } finally {
      this.#looking = false;
    }
    this.#guarded(() => this.#draw());
    this.#schedule();
  }

  #type(text: string): void {
    for (const key of keysOf(text)) {
      const { dialogue, wish } = press(this.#dialogue, key, this.#view);
      this.#dialogue = dialogue;
      if (wish?.kind === 'quit') return this.#end(0);
      if (wish !== null) {
        // What was typed behind it was typed at something that has not been seen yet.
        void this.#grant(wish);
        break;
      }
    }
    this.#draw();
  }

  async #grant(wish: Exclude<Wish, { kind: 'quit' }>): Promise<void> {
    try {
      this.#dialogue = await this.#outcomeOf(wish);
    } catch (error) {
      if (!(error instanceof CommandError)) return this.#end(error as Error);
      this.#dialogue = failed(this.#dialogue, error.message);
    }
    this.#guarded(() => this.#draw());
    if (wish.kind === 'carry out') void this.#renew();
  }

  async #outcomeOf(wish: Exclude<Wish, { kind: 'quit' }>): Promise<Dialogue> {
    const client = this.#client;
    switch (wish.kind) {
      case 'propose': {
        const proposal = await propose(client, wish.change);
        return proposed(this.#dialogue, wish.title, proposal);
      }
      case 'carry out': {
        const done = await carryOut(client, wish.proposal);
        return told(this.#dialogue, `${wish.title}: done. ${outcomeText(done)}`);
      }
      case 'strategies': {
        const { pools, available } = await client.get<StrategyAnswer>('admin/strategy');
        return offered(this.#dialogue, wish.pool, available, pools[wish.pool]?.name ?? '');
      }
    }
  }
}

/** As shells say it of a program that a signal has ended: this, and the signal's number. */
const SIGNALLED = 128;
