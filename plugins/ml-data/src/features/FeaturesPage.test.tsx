import { screen, within } from '@testing-library/react';
import { FeaturesPage } from './FeaturesPage';
import { feature } from '../testUtils';
import { show } from '../__testUtils__/show';

describe('FeaturesPage', () => {
  it('lists feature views with keys and source', async () => {
    show(<FeaturesPage />, { entities: [feature] });
    const row = (await screen.findByText('Cell nuclei')).closest('tr')!;
    expect(within(row).getByText('mass_id')).toBeInTheDocument();
    expect(within(row).getByText('P30D')).toBeInTheDocument();
  });

  it('says what a feature view is when there are none', async () => {
    show(<FeaturesPage />);
    expect(await screen.findByText('No feature views yet')).toBeInTheDocument();
  });
});
