// Reads a table as a registration does, in the reader's own process, and says what it found.
//   node --require @backstage/cli/config/nodeTransform.cjs register.cjs FILE SCRATCH
const { basename, dirname, join } = require('node:path');
const {
  readInProcess,
} = require('../../plugins/ml-data-backend/src/reader/readInProcess.ts');

const [file, scratch] = process.argv.slice(2);

readInProcess(
  {
    folder: dirname(file),
    files: [{ path: basename(file) }],
    format: file.endsWith('.parquet') ? 'parquet' : 'csv',
    dialect: {},
    fields: [],
    scratch: join(scratch, 'scratch'),
    tableFolder: join(scratch, 'table'),
    // The portal uses this unless its configuration says otherwise.
    threads: 2,
    memoryLimit: '1GB',
  },
  { signal: new AbortController().signal, onProgress: () => {} },
).then(
  ({ rows, columns }) => process.stdout.write(`${rows} ${columns.length}\n`),
  error => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
