import { toOpenApi } from '@downstage/common';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { mlTokensContract } from './contract';

const file = resolve(__dirname, '../openapi.json');

describe('mlTokensContract', () => {
  it('is the committed openapi.json (UPDATE_OPENAPI=1 writes it)', () => {
    const document = toOpenApi(
      { title: 'ml-tokens', version: '1' },
      mlTokensContract,
    );
    const text = `${JSON.stringify(document, null, 2)}\n`;
    if (process.env.UPDATE_OPENAPI) {
      writeFileSync(file, text);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text));
  });

  it('serves every operation under /v1', () => {
    for (const operation of Object.values(mlTokensContract)) {
      expect(operation.path).toMatch(/^\/v1\//);
    }
  });
});
