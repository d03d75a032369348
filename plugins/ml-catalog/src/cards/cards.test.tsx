import { EntityProvider } from '@backstage/plugin-catalog-react';
import type { Entity } from '@backstage/catalog-model';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describeGate } from './describeGate';
import { FieldsCard } from './FieldsCard';
import { GatesCard } from './GatesCard';
import { UnownedCard } from './UnownedCard';

function anEntity(kind: string, spec: Entity['spec']): Entity {
  return {
    apiVersion: 'downstage.dev/v1alpha1',
    kind,
    metadata: { name: 'x' },
    spec: {
      type: 'table',
      lifecycle: 'production',
      owner: 'group:default/diagnostics',
      ...spec,
    },
  };
}

function show(card: JSX.Element, entity: Entity) {
  renderInTestApp(<EntityProvider entity={entity}>{card}</EntityProvider>);
}

describe('the cards', () => {
  it('list the columns of a dataset and find one by what it means', async () => {
    const fields = Array.from({ length: 12 }, (_, index) => ({
      name: `column_${index}`,
      type: 'double',
      description: index === 3 ? 'area inside the outline' : 'something else',
    }));
    show(<FieldsCard />, anEntity('Dataset', { schema: { fields } }));
    expect(await screen.findByText('Columns (12)')).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText('Find in columns'), 'outline');
    expect(await screen.findByText('column_3')).toBeInTheDocument();
    expect(screen.queryByText('column_1')).not.toBeInTheDocument();
  });

  it('open with the field that a search result is about', async () => {
    const fields = ['mean_radius', 'mean_area'].map(name => ({
      name,
      type: 'double',
    }));
    renderInTestApp(
      <EntityProvider entity={anEntity('Feature', { features: fields })}>
        <FieldsCard />
      </EntityProvider>,
      { initialRouteEntries: ['/?field=mean_area'] },
    );
    expect(await screen.findByText('mean_area')).toBeInTheDocument();
    expect(screen.queryByText('mean_radius')).not.toBeInTheDocument();
  });

  it('say what to do when a dataset has no columns described', async () => {
    show(<FieldsCard />, anEntity('Dataset', {}));
    expect(
      await screen.findByText(/Add them under spec\.schema\.fields/),
    ).toBeInTheDocument();
  });

  it('say what a version has to show', async () => {
    const evaluation = { gates: [{ metric: 'val_auc', min: 0.97 }] };
    show(
      <GatesCard />,
      anEntity('Model', { evaluation, risk: 'high', approvals: 2 }),
    );
    expect(
      await screen.findByText('val_auc is at least 0.97'),
    ).toBeInTheDocument();
    expect(screen.getByText('Risk: high · approvals: 2')).toBeInTheDocument();
  });

  it('say how to claim a model', async () => {
    show(<UnownedCard />, anEntity('Model', {}));
    expect(
      await screen.findByText('Nobody owns this model'),
    ).toBeInTheDocument();
    expect(screen.getByText(/name: x/)).toBeInTheDocument();
  });
});

it.each([
  [{ metric: 'auc', min: 0.9 }, ['auc is at least 0.9']],
  [{ metric: 'loss', max: 0.2 }, ['loss is at most 0.2']],
  [
    { metric: 'auc', notWorseThanChampionBy: 0 },
    ['auc is not worse than that of the version in production'],
  ],
  [
    { metric: 'auc', min: 0.9, notWorseThanChampionBy: 0.01 },
    [
      'auc is at least 0.9',
      'auc is not worse than that of the version in production by more than 0.01',
    ],
  ],
])('describes the gate %j', (gate, sentences) => {
  expect(describeGate(gate)).toEqual(sentences);
});
