/** Checks of plain data, small ones made into larger ones. Each adds what is wrong to a list, with its place. */

export interface ModelProblem {
  readonly path: string;
  /** What would be right. */
  readonly message: string;
}

/** Nobody reads more. */
const PROBLEMS_MAX = 50;

export type Check = (value: unknown, path: string, problems: ModelProblem[]) => void;

export function complain(problems: ModelProblem[], path: string, message: string): void {
  if (problems.length < PROBLEMS_MAX) problems.push({ path, message });
}

export function number(least: number, most: number, whole = false): Check {
  const what = `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
  return (value, path, problems) => {
    const fits = typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (!fits) complain(problems, path, `expected ${what}`);
  };
}

export function text(most: number): Check {
  return (value, path, problems) => {
    if (typeof value !== 'string' || value.length === 0 || value.length > most)
      complain(problems, path, `expected a text of 1 to ${most} characters`);
  };
}

export function oneOf(...values: readonly unknown[]): Check {
  return (value, path, problems) => {
    if (!values.includes(value)) complain(problems, path, `expected one of ${values.join(', ')}`);
  };
}

export const flag: Check = (value, path, problems) => {
  if (typeof value !== 'boolean') complain(problems, path, 'expected true or false');
};

export function orNull(check: Check): Check {
  return (value, path, problems) => {
    if (value !== null) check(value, path, problems);
  };
}

export function list(each: Check, least: number, most: number): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      complain(problems, path, `expected a list of ${least} to ${most}`);
    else value.forEach((one, at) => each(one, `${path}.${at}`, problems));
  };
}

export function mapping(fields: Readonly<Record<string, Check>>): Check {
  const names = Object.keys(fields).join(', ');
  return (value, path, problems) => {
    if (!isMapping(value)) {
      complain(problems, path, `expected a mapping of ${names}`);
      return;
    }
    for (const key of Object.keys(value))
      if (!Object.hasOwn(fields, key)) complain(problems, joined(path, key), `no such field; there are ${names}`);
    for (const [key, check] of Object.entries(fields)) check(value[key], joined(path, key), problems);
  };
}

/** Which of several mappings it is is said by the field `kind`. */
export function kinds(of: Readonly<Record<string, Check>>): Check {
  const known = oneOf(...Object.keys(of));
  return (value, path, problems) => {
    const kind = isMapping(value) ? value['kind'] : undefined;
    const check = typeof kind === 'string' && Object.hasOwn(of, kind) ? of[kind] : undefined;
    if (check === undefined) known(kind, joined(path, 'kind'), problems);
    else check(value, path, problems);
  };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
