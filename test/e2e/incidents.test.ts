/** Incidents of a running balancer: opened when requests fail, closed when they do not, with cause and timeline; replayed from a file. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { incidentAnswer, incidentsAnswer } from '#control/admin/answers-incidents.ts';
import { IncidentFile } from '#control/copilot/incidents/incident-file.ts';
import { administer, callAdmin, stateDirectory, VIEWER } from '../support/admin-client.ts';
import { runCommand } from '../support/command-run.ts';
import { ask } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { LogRecord } from '../support/virtual-timers.ts';

const WAIT_MS = 60_000;
/** Looks come every third of a second then, each over two seconds. */
const WINDOW = '4s';

test('requests that fail open an incident with its cause; it closes, is kept, and replays in the simulator', async (t) => {
  const stateDir = stateDirectory(t);
  let failing = false;
  const origin = createServer((_, response) => response.writeHead(failing ? 500 : 200).end());
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    origin.close();
    origin.closeAllConnections();
  });
  const backends = [{ id: 'a', url: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` }];
  const { adminPort, port } = await administer(
    t,
    { backends, pool: { circuit: null, retry: null }, copilot: { window: WINDOW } },
    { stateDir },
  );
  let going = true;
  let sent = 0;
  const load = (async () => {
    while (going) {
      await ask(port, '/proxy/').catch(() => null);
      sent += 1;
    }
  })();
  t.after(async () => {
    going = false;
    await load;
  });
  const list = async () => {
    const { data } = await callAdmin(adminPort, 'GET', '/admin/incidents', { token: VIEWER });
    return incidentsAnswer.parse(data).incidents;
  };

  // A past: so many looks at traffic that is well.
  const began = Date.now();
  await until('a past', () => sent > 500 && Date.now() - began > 7000, WAIT_MS);
  assert.deepEqual(await list(), []);
  failing = true;
  await until('an incident', async () => (await list()).length === 1, WAIT_MS);
  const [open] = await list();
  assert.ok(open?.closedAt === null && open.signs.includes('errors'), JSON.stringify(open));
  assert.match(open.says, /of the requests fail, usually 0\.0 %/);
  failing = false;
  await until('its end', async () => (await list())[0]?.closedAt !== null, WAIT_MS);

  const { status, data } = await callAdmin(adminPort, 'GET', `/admin/incidents/${open.id}`, { token: VIEWER });
  assert.equal(status, 200);
  const incident = incidentAnswer.parse(data);
  assert.match(incident.cause?.text ?? '', /`a` of `app`|`app`/);
  assert.deepEqual(
    incident.timeline.map(({ kind }) => kind).filter((kind) => kind === 'opened' || kind === 'closed'),
    ['opened', 'closed'],
  );
  assert.ok(incident.routes.some(({ route, serverErrors }) => route === 'app' && serverErrors > 0));
  const kept = new IncidentFile(stateDir, new LogRecord()).read();
  assert.deepEqual(
    kept.map(({ id }) => id),
    [open.id],
  );

  const file = join(stateDir, 'incident.json');
  writeFileSync(file, JSON.stringify(incident));
  const { code, both } = await runCommand(['simulate', '--from', file, '--seconds', '5'], {
    env: {},
    cwd: stateDir,
  });
  assert.equal(code, 0, both);
  assert.match(both, /Pool app/);

  const missing = await callAdmin(adminPort, 'GET', '/admin/incidents/20200101T000000', { token: VIEWER });
  assert.equal(missing.status, 404);
});
