/** `edgebalancer ARGS` inside the test's own process. */
import { runProgram } from '#cli/program.ts';
import type { Io } from '#cli/io.ts';

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both, as they came. */
  readonly both: string;
}

export interface RunOptions {
  readonly env?: Io['env'];
  readonly cwd?: string;
  /** What somebody at a terminal would type; absent: there is nobody. */
  readonly answers?: readonly string[];
  readonly columns?: number;
}

export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<CommandRun> {
  let [out, err, both] = ['', '', ''];
  const { answers, columns, env = {}, cwd = '.' } = options;
  const left = [...(answers ?? [])];
  const io: Io = {
    stdout: (text) => {
      out += text;
      both += text;
    },
    stderr: (text) => {
      err += text;
      both += text;
    },
    env,
    cwd,
    ...(columns !== undefined && { columns }),
    ...(answers !== undefined && {
      ask: (question: string) => {
        const answer = left.shift() ?? '';
        both += `${question}${answer}\n`;
        return Promise.resolve(answer);
      },
    }),
  };
  const code = await runProgram(args, io);
  return { code, out, err, both };
}
