import { mockApis, renderTestApp } from '@backstage/frontend-test-utils';
import { createTestEntityPage } from '@backstage/plugin-catalog-react/testUtils';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { screen } from '@testing-library/react';
import { mlRegistryApiRef } from '../shared/api';
import {
  aModel,
  aModelEntity,
  aSummary,
  aVersion,
} from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { ProductionCard } from './ProductionCard';

const versions = [
  aVersion(),
  aVersion({ version: 1, stage: 'production', aliases: ['champion'] }),
];

function show(change: Parameters<typeof aModel>[0]) {
  renderTestApp({
    extensions: [
      createTestEntityPage({ entity: aModelEntity }),
      EntityCardBlueprint.make({
        name: 'production',
        params: { loader: async () => <ProductionCard /> },
      }),
    ],
    apis: [
      [mlRegistryApiRef, fakeRegistry({ models: [aModel(change)], versions })],
      mockApis.identity({ userEntityRef: 'user:default/ann' }),
    ],
  });
}

describe('the card of the version in production', () => {
  it.each([
    [
      'beside the one in production',
      { staging: aSummary({ version: 2, stage: 'staging' }) },
      'Staging',
    ],
    [
      'where none is in production',
      {
        production: undefined,
        candidate: aSummary({ version: 2, stage: 'candidate' }),
      },
      'Candidate',
    ],
  ] as const)('leads to the next version %s', async (_, change, stage) => {
    show(change);
    expect(await screen.findByText('Next version')).toBeInTheDocument();
    expect(screen.getByText(stage)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Version 2' })).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/versions?version=2',
    );
  });

  it('names no next version where all are behind', async () => {
    show({});
    expect(
      await screen.findByRole('link', { name: 'Version 1' }),
    ).toBeInTheDocument();
    expect(screen.queryByText('Next version')).not.toBeInTheDocument();
  });
});
