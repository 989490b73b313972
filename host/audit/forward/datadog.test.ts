import { expect, it } from 'vitest';
import { forwardOnce } from './start.ts';
import { listenAsDatadog } from './testing-datadog.ts';
import { appendRows, options, range, spec, testData } from './testing-log.ts';

const KEY = 'dd-api-key-0123456789abcdef';

it('sends the whole log in order, as the intake documents it', async () => {
  using data = testData();
  await appendRows(data.dataDir, 2500);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url, tags: ['env:test', 'team:a'] });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(outcome).toMatchObject({ kind: 'drained', sent: datadog.rows.length, dead: 0 });
  expect(datadog.receiver.violations).toEqual([]);
  expect(datadog.rows.map(({ id }) => id)).toEqual(range(1, datadog.rows.length));
  expect(datadog.rows.length).toBeGreaterThan(2500);
  expect(new Set(datadog.tags)).toEqual(new Set(['env:test,team:a']));
});

it('keeps a batch below 5 MB and an entry below 1 MB; what is larger stands among the dead letters', async () => {
  using data = testData();
  await appendRows(data.dataDir, 12, { bytes: 900_000 });
  await appendRows(data.dataDir, 1, { bytes: 1_000_000 });
  await appendRows(data.dataDir, 1);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: KEY }));
  expect(outcome).toMatchObject({ kind: 'drained', dead: 1 });
  expect(datadog.receiver.violations).toEqual([]);
  expect(datadog.receiver.requests.length).toBeGreaterThan(2);
});

it('says a wrong key in its outcome, without the key', async () => {
  using data = testData();
  await appendRows(data.dataDir, 3);
  await using datadog = await listenAsDatadog(KEY);
  const to = spec({ kind: 'datadog', url: datadog.receiver.url });
  const [outcome] = await forwardOnce(options(data.dataDir, [to], { token: 'wrong-key-77' }));
  expect(outcome).toMatchObject({ kind: 'refused', sent: 0 });
  expect(outcome?.reason).toContain('403');
  expect(outcome?.reason).not.toContain('wrong-key-77');
});
