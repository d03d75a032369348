import { mockServices } from '@backstage/backend-test-utils';
import { cardGate } from './domain/evidenceGates';
import { readGovernance } from './readGovernance';

const read = (fields: string[]) =>
  readGovernance(
    mockServices.rootConfig({
      data: { mlRegistry: { cardFields: { high: fields } } },
    }),
  );

describe('fields of the model card in the configuration', () => {
  it('refuses at the start a field that can never pass, and names those that can (R4)', () => {
    expect(() => read(['intendedUse', 'limits'])).toThrow(
      /mlRegistry\.cardFields cannot be used.*no field 'limits'.*limitations/s,
    );
  });

  it('takes fields that the card has', () => {
    expect(read(['intendedUse', 'limitations']).cardFields).toEqual({
      high: ['intendedUse', 'limitations'],
    });
  });

  it('says of a Model entity that it asks for a field the card does not have', () => {
    expect(cardGate({ required: ['limits'], filled: [] })).toMatchObject([
      {
        status: 'failed',
        message: expect.stringMatching(/limits.*no such field/),
        how: expect.stringContaining('limitations'),
      },
    ]);
  });
});
