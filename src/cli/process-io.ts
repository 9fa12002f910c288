/** The real process, as commands see it. */
import type { Io } from './io.ts';

export function processIo(): Io {
  const { stdin, stdout, stderr } = process;
  // Whoever reads what is printed may stop at any time (`| head`); that ends the printing, not the program.
  stdout.on('error', () => {});
  return {
    stdout: (text) => void stdout.write(text),
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
