/**
 * The configuration in force: as data or as YAML text, replaced as a whole, saved to its file. Secrets read `***`; whoever
 * puts back what they read keeps them. Comments are an operator's to read: nobody can tell what somebody wrote into one.
 */
import { z } from 'zod';
import { stringify } from 'yaml';
import { ConfigDocument } from '../config/document.ts';
import { configJsonSchema } from '../config/json-schema.ts';
import { HIDDEN, redact, redactDocument, restore } from '../config/redaction.ts';
import { empty, json, text, type Answer } from './answer.ts';
import { changeAnswer, configAnswer } from './answers-control.ts';
import { actorOf, call, type AnyCall, type Asked } from './call.ts';
import { CHANGE_GIVES, ifMatchOf, makeChange, refuseOwnAddresses, settle } from './change.ts';
import { changeQuery } from './fields.ts';
import { YamlText } from './yaml-text.ts';

export const YAML = 'application/yaml';
/** As large as a configuration may be (src/control/config/source.ts). */
const CONFIG_BYTES_MAX = 4 * 1024 * 1024;

const wholeConfig = z
  .union([z.instanceof(YamlText), z.record(z.string(), z.unknown())], {
    error: 'expected a configuration: a mapping, or YAML text as application/yaml',
  })
  .meta({ description: 'The configuration, or what GET /admin/config gave' });

/** It is the same for as long as the process lives. */
let schemaText: string | null = null;

export const CONFIG_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/config',
    id: 'getConfig',
    tag: 'Configuration',
    summary: 'The configuration in force, as it is written; as YAML text for `Accept: application/yaml`',
    access: 'read',
    gives: {
      200: { says: 'The configuration', schema: configAnswer, types: ['application/json', YAML] },
      304: { says: 'If-None-Match is what is in force', schema: null },
    },
    run: (asked) => {
      const { config } = asked.api.ports;
      const headers = { etag: config.etag, vary: 'accept, authorization, cookie' };
      const known = [asked.headers['if-none-match'] ?? []].flat().join(',').split(',');
      if (known.some((tag) => tag.trim() === config.etag)) return empty(304, headers);
      return configIn(asked, config.document(), { revision: config.revision }, headers);
    },
  }),
  call({
    method: 'PUT',
    path: '/admin/config',
    id: 'putConfig',
    tag: 'Configuration',
    summary: 'Replaces the configuration. As data, it is edited into the text in force, whose comments stay',
    access: 'operate',
    versioned: true,
    yaml: true,
    bodyLimit: CONFIG_BYTES_MAX,
    query: changeQuery,
    body: wholeConfig,
    gives: CHANGE_GIVES,
    run: (asked) =>
      makeChange(asked, {
        summary: 'configuration replaced',
        edit: (document) => {
          if (asked.body instanceof YamlText) rewriteIn(document, asked.body.text);
          else document.replace(restore(unwrapped(asked.body), document.data()));
          refuseOwnAddresses(asked, document);
        },
      }),
  }),
  call({
    method: 'GET',
    path: '/admin/config/schema',
    id: 'getConfigSchema',
    tag: 'Configuration',
    summary: 'The JSON Schema of the configuration (draft 2020-12), for editors',
    access: 'read',
    gives: { 200: { says: 'The schema', schema: z.looseObject({ title: z.string() }) } },
    run: () => text('application/json; charset=utf-8', (schemaText ??= JSON.stringify(configJsonSchema()))),
  }),
  call({
    method: 'POST',
    path: '/admin/config/save',
    id: 'saveConfig',
    tag: 'Configuration',
    summary: 'Writes the configuration in force into the file that it was read from',
    access: 'operate',
    versioned: true,
    query: changeQuery,
    gives: { ...CHANGE_GIVES, 200: { says: 'Written, or with dryRun what would be', schema: changeAnswer } },
    run: async (asked) => {
      const { config } = asked.api.ports;
      const ifMatch = ifMatchOf(asked.headers['if-match'], config.etag);
      const result = await config.save({ actor: actorOf(asked), ifMatch, dryRun: asked.query.dryRun });
      return settle(asked, 'config.save', 'configuration written to its file', result);
    },
  }),
];

/** A document in the form that the asker wants and may have. */
export function configIn(
  asked: Asked,
  document: ConfigDocument,
  fields: object,
  headers: Readonly<Record<string, string>>,
): Answer {
  if (!wantsYaml(asked.headers['accept'])) return json({ ...fields, config: redact(document.data()) }, 200, headers);
  const whole = asked.caller.actor?.role === 'operator';
  const shown = whole ? redactDocument(document).text : stringify(redact(document.data()));
  return text(`${YAML}; charset=utf-8`, shown, headers);
}

/** JSON wherever it is as welcome: whichever is named first wins. */
function wantsYaml(accept: string | string[] | undefined): boolean {
  const types = [accept ?? '']
    .flat()
    .join(',')
    .split(',')
    .map((one) => one.split(';', 1)[0]?.trim().toLowerCase());
  const named = types.find((type) => type === YAML || type === 'application/json');
  return named === YAML;
}

/** Takes the text as it is, but for the secrets that it hides. */
function rewriteIn(document: ConfigDocument, yaml: string): void {
  const given = ConfigDocument.parse(yaml, document.environment);
  // What cannot be read is the loader's to complain of, with line and column.
  if (yaml.includes(HIDDEN) && given.readable) given.replace(restore(given.data(), document.data()));
  document.rewrite(given.text);
}

/** What GET gives has the configuration inside. */
function unwrapped(body: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(body);
  return keys.includes('config') && keys.every((key) => key === 'config' || key === 'revision') ? body['config'] : body;
}
