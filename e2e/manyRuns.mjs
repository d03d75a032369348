#!/usr/bin/env node
// Fills a portal with runs to look at, through its MLflow API:
//   node e2e/manyRuns.mjs http://localhost:7007 [count=10000] [writers=8]
// Experiment "many-runs" gets so many runs (searches with parents and children, params, metrics, tags, data sets).
// The run "long-curves" gets metrics of 50 000 points with spikes, and system metrics. It gets files of every kind
// there is a viewer for. Parquet and images are made here, so nothing else is needed.
import { performance } from 'node:perf_hooks';
import { deflateSync } from 'node:zlib';
import { fail } from '../scripts/shell.mjs';
import { person, requirePortal } from './portal.mjs';

const [portal = 'http://localhost:7007', count = '10000', writers = '8'] =
  process.argv.slice(2);
await requirePortal(portal);
for (const given of [count, writers]) {
  if (!(Number(given) > 0))
    fail(`'${given}' is not a number of runs or writers.`);
}
const ann = person(portal, 'user:default/ann');
const token = await ann.token();
const base = `${portal}/api/ml-registry/mlflow/api/2.0`;
const started = performance.now();

const experimentId = await experiment('many-runs');
await manyRuns(Number(count));
await longCurves();
process.stdout.write(
  `${portal}/models/runs?experiment=${experimentId} has ${count} more runs after ${(
    (performance.now() - started) /
    1000
  ).toFixed(0)} s\n`,
);

/** Runs as three kinds of search would leave them: one parent to nine children. */
async function manyRuns(total) {
  const random = seeded(7);
  const now = Date.now();
  const kinds = ['tree', 'forest', 'boosting', 'linear'];
  const parents = [];
  const plans = Array.from({ length: total }, (_, index) => {
    const isParent = index % 10 === 0;
    const depth = 2 + Math.floor(random() * 12);
    const rate = 10 ** (-4 + random() * 3);
    const kind = kinds[Math.floor(random() * kinds.length)];
    const auc =
      0.95 - 0.03 * (Math.log10(rate) + 2.2) ** 2 - 0.0006 * (depth - 7) ** 2;
    return {
      index,
      isParent,
      parent: isParent ? undefined : index - (index % 10),
      start: now - (total - index) * 60_000,
      took: 5_000 + Math.floor(random() * 300_000),
      failed: random() < 0.03,
      kind,
      params: {
        kind,
        depth: String(depth),
        learning_rate: rate.toPrecision(3),
        batch_size: String(2 ** (4 + Math.floor(random() * 5))),
        seed: String(Math.floor(random() * 5)),
      },
      metrics: {
        auc: auc + 0.01 * (random() - 0.5),
        f1: auc - 0.05 + 0.02 * (random() - 0.5),
        'val loss': 0.7 - auc / 2 + 0.05 * random(),
        'train loss': 0.6 - auc / 2 + 0.02 * random(),
      },
      dataset: `transactions-${1 + Math.floor(random() * 4)}`,
      team: ['risk', 'growth', 'research'][Math.floor(random() * 3)],
    };
  });
  let done = 0;
  const make = async plan => {
    const { run } = await mlflow('runs/create', {
      experiment_id: experimentId,
      run_name: plan.isParent
        ? `search-${plan.index / 10}`
        : `${plan.kind}-${plan.index}`,
      start_time: plan.start,
      tags: [
        { key: 'team', value: plan.team },
        ...(plan.parent === undefined
          ? []
          : [{ key: 'mlflow.parentRunId', value: parents[plan.parent] }]),
      ],
    });
    const runId = run.info.run_id;
    if (plan.isParent) parents[plan.index] = runId;
    await mlflow('runs/log-batch', {
      run_id: runId,
      params: pairs(plan.params),
      metrics: pairs(plan.metrics).map(metric => ({
        ...metric,
        timestamp: plan.start + plan.took,
        step: 0,
      })),
    });
    await mlflow('runs/log-inputs', {
      run_id: runId,
      datasets: [
        {
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
          dataset: {
            name: plan.dataset,
            digest: `d${plan.dataset.at(-1)}`.padEnd(8, '0'),
            source_type: 'local',
            source: '{}',
          },
        },
      ],
    });
    await mlflow('runs/update', {
      run_id: runId,
      status: plan.failed ? 'FAILED' : 'FINISHED',
      end_time: plan.start + plan.took,
    });
    done += 1;
    if (done % 1000 === 0) process.stdout.write(`${done} runs\n`);
  };
  await inParallel(
    plans.filter(plan => plan.isParent),
    make,
  );
  await inParallel(
    plans.filter(plan => !plan.isParent),
    make,
  );
}

async function longCurves() {
  const random = seeded(11);
  const now = Date.now();
  const points = 50_000;
  const { run } = await mlflow('runs/create', {
    experiment_id: experimentId,
    run_name: 'long-curves',
    start_time: now - points * 100,
    tags: [
      {
        key: 'mlflow.note.content',
        value:
          '# Long curves\n\nTen metrics of **50 000** points with spikes, to see that none is lost.\n\n| what | where |\n|---|---|\n| spike | step 31 337 |\n',
      },
    ],
  });
  const { run_id: runId } = run.info;
  await mlflow('runs/log-batch', {
    run_id: runId,
    params: pairs({ optimizer: 'adam', learning_rate: '0.001', layers: '12' }),
  });
  const names = [
    ...['train/loss', 'train/accuracy', 'train/grad norm', 'val/loss'],
    ...['val/accuracy', 'val/auc', 'learning rate', 'perplexity'],
    ...['tokens per second', 'queue'],
  ];
  const valueOf = (index, step) => {
    if (step === 31_337) return 25 + index;
    const noise = (random() - 0.5) * 0.1;
    return (1 + index / 4) * Math.exp(-step / 9_000) + 0.2 + noise;
  };
  const jobs = names.flatMap((key, index) =>
    Array.from({ length: points / 1000 }, (_, part) => ({
      metrics: Array.from({ length: 1000 }, (__, at) => {
        const step = part * 1000 + at;
        return {
          key,
          value: valueOf(index, step),
          timestamp: now - (points - step) * 100,
          step,
        };
      }),
    })),
  );
  for (const name of [
    'cpu_utilization_percentage',
    'system_memory_usage_megabytes',
    'gpu_0_utilization_percentage',
  ]) {
    jobs.push({
      metrics: Array.from({ length: 500 }, (_, step) => ({
        key: `system/${name}`,
        value: 50 + 40 * Math.sin(step / 30) + 10 * random(),
        timestamp: now - (500 - step) * 10_000,
        step,
      })),
    });
  }
  await inParallel(jobs, job =>
    mlflow('runs/log-batch', { run_id: runId, ...job }),
  );
  process.stdout.write(`${names.length} curves of ${points} points\n`);
  for (const [path, content] of files()) await put(runId, path, content);
  await mlflow('runs/update', {
    run_id: runId,
    status: 'FINISHED',
    end_time: now,
  });
  process.stdout.write(`${portal}/models/runs/${runId}\n`);
}

/** One file of each kind. */
function files() {
  const rows = Array.from({ length: 5000 }, (_, row) => [
    row,
    Math.sin(row / 100).toFixed(4),
    row % 3 === 0 ? 'fraud' : 'fine',
  ]);
  return [
    ['plots/gradient.png', png(240, 160)],
    [
      'plots/curve.svg',
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100" width="400"><script>document.title='no'</script><polyline fill="none" stroke="#1f77b4" points="${Array.from(
        { length: 50 },
        (_, x) => `${x * 4},${50 - 40 * Math.sin(x / 6)}`,
      ).join(' ')}"/></svg>`,
    ],
    [
      'report/report.html',
      '<h1>Report</h1><p id="p">No script runs here.</p><script>document.getElementById("p").textContent="A script ran"</script>',
    ],
    [
      'report/notes.md',
      '# Notes\n\n- one\n- two\n\n```python\nprint(1)\n```\n',
    ],
    [
      'tables/scores.csv',
      `row,score,label\n${rows.map(row => row.join(',')).join('\n')}\n`,
    ],
    [
      'tables/predictions.json',
      JSON.stringify({
        columns: ['input', 'output', 'score'],
        data: rows
          .slice(0, 200)
          .map(([row, score, label]) => [`case ${row}`, label, Number(score)]),
      }),
    ],
    ['tables/example.parquet', parquet()],
    [
      'config/config.json',
      JSON.stringify({
        model: { layers: [64, 32], dropout: 0.1 },
        tags: ['a', 'b'],
        ok: true,
        none: null,
      }),
    ],
    [
      'code/train.py',
      'import mlflow\n\n\ndef train(rate: float) -> None:\n    """Trains."""\n    with mlflow.start_run():\n        mlflow.log_param("rate", rate)\n',
    ],
    [
      'code/environment.yaml',
      'name: train\ndependencies:\n  - python=3.12\n  - mlflow\n',
    ],
    [
      'logs/train.log',
      rows
        .slice(0, 400)
        .map(row => `step ${row[0]} loss ${row[1]}`)
        .join('\n'),
    ],
    ['model/weights.bin', Buffer.alloc(4096, 7)],
  ];
}

/** A small image without a library: RGB rows, deflated. */
function png(width, height) {
  const raw = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      raw[at] = (x * 255) / width;
      raw[at + 1] = (y * 255) / height;
      raw[at + 2] = 160;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

function crc(data) {
  let value = ~0;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1)
      value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

/** A Parquet file of one column `step` (int32, plain, uncompressed), written by hand in Thrift's compact protocol. */
function parquet(rows = 1000) {
  const varint = value => {
    const bytes = [];
    let rest = value;
    while (rest > 127) {
      bytes.push((rest & 127) | 128);
      rest >>>= 7;
    }
    return [...bytes, rest];
  };
  const int = value => varint(value * 2);
  const text = value => [...varint(value.length), ...Buffer.from(value)];
  const field = (delta, type, bytes) => [(delta << 4) | type, ...bytes];
  const struct = (...fields) => [...fields.flat(), 0];
  const list = (type, items) => [(items.length << 4) | type, ...items.flat()];
  const values = Buffer.alloc(rows * 4);
  for (let row = 0; row < rows; row += 1) values.writeInt32LE(row, row * 4);
  const header = struct(
    field(1, 5, int(0)),
    field(1, 5, int(values.length)),
    field(1, 5, int(values.length)),
    field(
      2,
      12,
      struct(
        field(1, 5, int(rows)),
        field(1, 5, int(0)),
        field(1, 5, int(3)),
        field(1, 5, int(3)),
      ),
    ),
  );
  const size = header.length + values.length;
  const column = struct(
    field(1, 5, int(1)),
    field(1, 9, list(5, [int(0)])),
    field(1, 9, list(8, [text('step')])),
    field(1, 5, int(0)),
    field(1, 6, int(rows)),
    field(1, 6, int(size)),
    field(1, 6, int(size)),
    field(2, 6, int(4)),
  );
  const footer = Buffer.from(
    struct(
      field(1, 5, int(1)),
      field(
        1,
        9,
        list(12, [
          struct(field(4, 8, text('schema')), field(1, 5, int(1))),
          struct(
            field(1, 5, int(1)),
            field(2, 5, int(0)),
            field(1, 8, text('step')),
          ),
        ]),
      ),
      field(1, 6, int(rows)),
      field(
        1,
        9,
        list(12, [
          struct(
            field(
              1,
              9,
              list(12, [struct(field(2, 6, int(4)), field(1, 12, column))]),
            ),
            field(1, 6, int(size)),
            field(1, 6, int(rows)),
          ),
        ]),
      ),
    ),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([
    Buffer.from('PAR1'),
    Buffer.from(header),
    values,
    footer,
    length,
    Buffer.from('PAR1'),
  ]);
}

async function experiment(name) {
  const found = await mlflow('experiments/search', {
    max_results: 1,
    filter: `name = '${name}'`,
  });
  if (found.experiments?.[0]) return found.experiments[0].experiment_id;
  return (await mlflow('experiments/create', { name })).experiment_id;
}

async function mlflow(path, body) {
  const response = await fetch(`${base}/mlflow/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

async function put(runId, path, content) {
  const response = await fetch(
    `${base}/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts/${path}`,
    {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/octet-stream',
      },
      body: content,
    },
  );
  if (!response.ok)
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

async function inParallel(items, work) {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: Number(writers) }, async () => {
      for (let item = queue.shift(); item; item = queue.shift())
        await work(item);
    }),
  );
}

function pairs(record) {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

/** The same numbers each time (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
