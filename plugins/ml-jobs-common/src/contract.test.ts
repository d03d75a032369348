import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toOpenApi } from '@downstage/common';
import { mlJobsContract } from './contract';

it('publishes the contract as openapi.json', () => {
  const file = resolve(__dirname, '../openapi.json');
  const document = toOpenApi(
    { title: 'ml-jobs', version: 'v1' },
    mlJobsContract,
  );
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env.UPDATE_GENERATED) writeFileSync(file, text);
  // Compared as values: Prettier decides about the lines.
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text));
});
