/** `npm run copilot:incidents [-- PART OF A NAME]`: all staged incidents and healthy runs, and a table of what was said. */
import { HEALTHY, INCIDENTS } from './scenes.ts';
import { playAll } from './lanes.ts';

/** So many must be named right, and so many healthy runs may be called ill, for the suite to pass. */
const RIGHT_SHARE = 0.9;
const FALSE_ALARMS_MAX = 1;

const wanted = (process.argv[2] ?? '').toLowerCase();
const chosen = [...INCIDENTS, ...HEALTHY].filter(({ name }) => name.toLowerCase().includes(wanted));
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const staged = await playAll(chosen, (one) => {
  const { scene, findings, isRight } = one;
  const said = findings.map(({ rule, place, symptoms }) => {
    const where = place.backend ?? place.pool ?? place.route ?? place.listener ?? place.rateLimit ?? '';
    return `${rule}${where === '' ? '' : ` ${where}`}${symptoms.length === 0 ? '' : ` (+${symptoms.map((symptom) => symptom.rule).join(', ')})`}`;
  });
  print(
    `${isRight ? 'right' : 'WRONG'}  ${scene.name.padEnd(62)} ${scene.expects === null ? 'nothing' : scene.expects.rule} | ${said.join('; ') || 'nothing'}`,
  );
});

const incidents = staged.filter(({ scene }) => scene.expects !== null);
const quiet = staged.filter(({ scene }) => scene.expects === null);
const right = incidents.filter(({ isRight }) => isRight).length;
const alarms = quiet.filter(({ isRight }) => !isRight).length;
print(
  `\n${right} of ${incidents.length} incidents: the right cause first. ${alarms} of ${quiet.length} healthy runs: a false alarm.`,
);
process.exitCode = right >= RIGHT_SHARE * incidents.length && alarms <= FALSE_ALARMS_MAX ? 0 : 1;
