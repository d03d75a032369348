import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOpenApi } from '@downstage/common';
import { mlRegistryContract } from './contract';

const file = join(__dirname, '..', 'openapi.json');

describe('mlRegistryContract', () => {
  it('is what openapi.json says (UPDATE_OPENAPI=1 writes it again)', () => {
    const document = toOpenApi(
      { title: 'ml-registry', version: '1' },
      mlRegistryContract,
    );
    if (process.env.UPDATE_OPENAPI) {
      writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
  });

  it('asks for production unless told otherwise', () => {
    expect(mlRegistryContract.previewPromotion.query.parse({})).toEqual({
      to: 'production',
    });
  });

  it('refuses a rejection and a rollback without a reason', () => {
    const { rejectPromotion, rollbackModel } = mlRegistryContract;
    expect(rejectPromotion.body.safeParse({ comment: '' }).success).toBe(false);
    expect(rollbackModel.body.safeParse({}).success).toBe(false);
  });
});
