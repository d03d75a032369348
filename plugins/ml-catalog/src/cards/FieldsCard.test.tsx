import { EntityProvider } from '@backstage/plugin-catalog-react';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FieldsCard } from './FieldsCard';
import { anEntity, show } from './__testUtils__/showCard';

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

  it('show the whole unit of a column, in two lines where it is narrow', async () => {
    const unit = 'image units squared';
    show(
      <FieldsCard />,
      anEntity('Dataset', {
        schema: { fields: [{ name: 'area', type: 'double', unit }] },
      }),
    );
    expect(await screen.findByText(unit)).toHaveStyle({
      overflowWrap: 'anywhere',
    });
  });

  it('say what to do when a dataset has no columns described', async () => {
    show(<FieldsCard />, anEntity('Dataset', {}));
    expect(
      await screen.findByText(/Add them under spec\.schema\.fields/),
    ).toBeInTheDocument();
  });
});
