/** argv to a command; nothing else. */
import { processIo } from '#cli/process-io.ts';
import { runProgram } from '#cli/program.ts';

process.exitCode = await runProgram(process.argv.slice(2), processIo());
