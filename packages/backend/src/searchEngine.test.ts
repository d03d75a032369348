import { mockServices } from '@backstage/backend-test-utils';
import { PatientSearchEngine } from './searchEngine';

it('finds nothing in what has not been indexed yet', async () => {
  const engine = new PatientSearchEngine({
    logger: mockServices.logger.mock(),
  });
  const query = { term: 'runbook', types: ['techdocs'] };
  await expect(engine.query(query)).resolves.toMatchObject({ results: [] });
  const broken = jest.fn(() => {
    throw new Error('broken');
  });
  engine.setTranslator(broken);
  await expect(engine.query(query)).rejects.toThrow('broken');
});
