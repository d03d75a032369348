import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOpenApi } from '@downstage/common';
import { mlDataContract } from './contract';

const file = join(__dirname, '..', 'openapi.json');

describe('mlDataContract', () => {
  it('is what openapi.json says (UPDATE_OPENAPI=1 writes it again)', () => {
    const document = toOpenApi(
      { title: 'ml-data', version: '1' },
      mlDataContract,
    );
    if (process.env.UPDATE_OPENAPI) {
      writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
  });

  it.each(['latest', '1', '42'])('accepts version %s', version => {
    const { params } = mlDataContract.getDatasetVersion;
    expect(
      params.safeParse({ namespace: 'default', name: 'x', version }).success,
    ).toBe(true);
  });

  it.each(['0', '-1', '1.5', '../1', ''])('refuses version %p', version => {
    const { params } = mlDataContract.getDatasetVersion;
    expect(
      params.safeParse({ namespace: 'default', name: 'x', version }).success,
    ).toBe(false);
  });
});
