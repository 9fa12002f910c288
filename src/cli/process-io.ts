/** The real process, as commands see it. */
import type { Io } from './io.ts';

/** Nobody reads any more, which is theirs to decide. */
const GONE = ['EPIPE', 'ERR_STREAM_DESTROYED', 'EBADF'];

export function processIo(): Io {
  const { stdin, stdout, stderr } = process;
  // Whoever reads what is printed may stop at any time (`| head`); that ends the printing, not the program.
  stdout.on('error', () => {});
  let told = false;
  const written = (error: Error | null | undefined): void => {
    if (!error || told || GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return;
    told = true;
    // A backup or a token that is not there must not look as if it were.
    stderr.write(`Standard output cannot be written: ${error.message}\n`);
    process.once('exit', () => (process.exitCode = 1));
  };
  return {
    stdout: (text) => void stdout.write(text, written),
    stderr: (text) => void stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    ...(stdout.isTTY && { columns: stdout.columns }),
    // Questions go to standard error, so that what was asked for can be piped on.
    ...(stdin.isTTY && stderr.isTTY && { ask }),
  };
}

/** '' when the terminal has gone, or Ctrl-D or Ctrl-C was pressed. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return await new Promise<string>((resolve) => {
    const done = (answer: string): void => {
      resolve(answer);
      reader.close();
    };
    reader.once('close', () => {
      resolve('');
      process.stderr.write('\n');
    });
    reader.question(question, (answer) => {
      reader.removeAllListeners('close');
      done(answer);
    });
  });
}
