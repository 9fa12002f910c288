/** The thread that simulates: takes a question, tells how far it is, answers, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { whatIfSteps, type WhatIfQuestion } from '#simulator/what-if.ts';
import type { FromSimulation } from './simulation.ts';

const steps = whatIfSteps(workerData as WhatIfQuestion);
for (;;) {
  const step = steps.next();
  const message: FromSimulation = step.done === true ? { answer: step.value } : { progress: step.value };
  parentPort?.postMessage(message);
  if (step.done === true) break;
}
