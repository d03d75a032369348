// The table: one per database, and what the numbers were made on.
import { cpus, totalmem } from 'node:os';

/** What is aimed at, as a ratio of requests per second to the better of MLflow's two. */
const aims = { read: 10, write: 5, lookup: 1 };

export function report({ results, options, versions, minutes, cases }) {
  const parts = [preamble({ options, versions, minutes })];
  for (const database of new Set(results.map(result => result.database))) {
    const servers = results.filter(result => result.database === database);
    parts.push(
      `### ${servers[0].databaseTitle}`,
      casesTable(servers, cases),
      othersTable(servers),
      ...catalogLine(servers),
      ...troubles(servers, cases),
    );
  }
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function preamble({ options, versions, minutes }) {
  const [cpu] = cpus();
  const now = new Date().toISOString().slice(0, 10);
  return `Made on ${now} in one run of ${minutes.toFixed(0)} minutes: ${
    cpus().length
  } cores (${cpu.model.trim()}), ${(totalmem() / 2 ** 30).toFixed(
    0,
  )} GB, Node ${process.versions.node}; MLflow ${versions.mlflow} on uvicorn ${
    versions.uvicorn
  } and Python ${versions.python}. ${options.size.runs.toLocaleString(
    'en',
  )} runs, ${options.size.points.toLocaleString(
    'en',
  )} points in the long metric, ${options.seconds} seconds a case.

Cells are p50 / p95 in milliseconds and answers per second. *Ratio* is our answers per second over those of the better of MLflow's two.`;
}

function casesTable(servers, cases) {
  const ours = servers.find(({ server }) => server === 'portal');
  const theirs = servers.filter(({ server }) => server !== 'portal');
  const rows = cases.flatMap(({ id, title, kind }) => {
    if (!servers.some(server => server.cases[id])) return [];
    const best = Math.max(
      0,
      ...theirs.map(server => server.cases[id]?.perSecond ?? 0),
    );
    const mine = ours?.cases[id]?.perSecond;
    const ratio = mine && best ? mine / best : undefined;
    const mark =
      ratio === undefined
        ? ''
        : ratio >= aims[kind]
        ? ''
        : ratio >= 1
        ? ' ·'
        : ' ✗';
    return [
      row([
        title,
        ...servers.map(server => cell(server.cases[id])),
        ratio === undefined ? '' : `**${ratio.toFixed(1)}×**${mark}`,
        servers.map(server => kilobytes(server.cases[id]?.bytes)).join(' / '),
      ]),
    ];
  });
  return [
    row([
      'Case',
      ...servers.map(({ title }) => title),
      'Ratio',
      'kB per answer',
    ]),
    row(['---', ...servers.map(() => '--:'), '--:', '--:']),
    ...rows,
    '',
    `No mark: the aim is met (${aims.read}× for searches and histories, ${aims.write}× for writes, not slower for the rest). “·” is faster, but less than aimed at; “✗” is slower.`,
  ].join('\n');
}

function othersTable(servers) {
  const line = (title, value) =>
    row([title, ...servers.map(server => value(server) ?? '')]);
  const megabytes = bytes => bytes && `${(bytes / 1e6).toFixed(0)} MB`;
  return [
    row(['', ...servers.map(({ title }) => title)]),
    row(['---', ...servers.map(() => '--:')]),
    line('start-up', server => `${server.startSeconds.toFixed(1)} s`),
    line('memory, idle', server => megabytes(server.idleBytes)),
    line('memory, after all cases', server => megabytes(server.afterBytes)),
    line(
      'large artifact, up / down',
      ({ cases }) =>
        cases.artifact?.up &&
        `${cases.artifact.up.toFixed(1)} / ${cases.artifact.down.toFixed(1)} s`,
    ),
    line('memory that it took on top', ({ cases }) =>
      megabytes(cases.artifact?.heldBytes),
    ),
    line(
      '`sklearn.autolog` fits',
      ({ cases }) =>
        cases.fits?.seconds &&
        `${cases.fits.fits} in ${cases.fits.seconds.toFixed(1)} s`,
    ),
  ].join('\n');
}

function catalogLine(servers) {
  const found = servers.find(({ cases }) => cases.catalog?.idle)?.cases.catalog;
  if (!found) return [];
  const { idle, loaded } = found;
  return [
    [
      'The same portal’s `GET /api/catalog/entities` is asked fifty times a second. At first nothing else happens. Then a load runs without a pause: searches of 1000 runs, searches by metric, histories of 25 000 points and batches of 1000.',
      '',
      row(['', 'p50', 'p95', 'p99', 'longest']),
      row(['---', '--:', '--:', '--:', '--:']),
      ...[
        ['idle', idle],
        ['registry busy', loaded],
      ].map(([title, times]) =>
        row([
          title,
          ...[times.p50, times.p95, times.p99, times.max].map(
            value => `${value.toFixed(1)} ms`,
          ),
        ]),
      ),
    ].join('\n'),
  ];
}

/** Errors, lost points and cases that did not end. */
function troubles(servers, cases) {
  const lines = servers.flatMap(server =>
    Object.entries(server.cases).flatMap(([id, outcome]) => {
      const title = cases.find(one => one.id === id)?.title ?? id;
      const said = [
        outcome.failed && `failed: ${oneLine(outcome.failed)}`,
        outcome.errors > 0 &&
          `${outcome.errors} errors, the first: ${oneLine(outcome.firstError)}`,
        outcome.note,
      ].filter(Boolean);
      return said.length
        ? [`- ${server.title}, ${title}: ${said.join('; ')}`]
        : [];
    }),
  );
  return lines.length ? [lines.join('\n')] : [];
}

const row = cells => `| ${cells.join(' | ')} |`;

function cell(outcome) {
  if (!outcome || outcome.failed) return outcome ? 'failed' : '';
  if (!outcome.count) return 'errors only';
  const errors = outcome.errors ? ` (${outcome.errors} errors)` : '';
  return `${ms(outcome.p50)} / ${ms(outcome.p95)}; ${rate(
    outcome.perSecond,
  )}${errors}`;
}

function ms(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function rate(value) {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)}/s`;
}

function kilobytes(bytes) {
  if (!bytes) return '–';
  return bytes < 10_000
    ? (bytes / 1000).toFixed(1)
    : Math.round(bytes / 1000).toLocaleString('en');
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').slice(0, 160).replaceAll('|', '\\|');
}
