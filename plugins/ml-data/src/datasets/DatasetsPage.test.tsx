import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { DatasetsPage } from './DatasetsPage';
import { aDataApi } from '../testUtils';
import { show, never, fails } from '../__testUtils__/show';

describe('DatasetsPage', () => {
  it('lists datasets with owner, version, rows, classification and freshness', async () => {
    show(<DatasetsPage />);
    expect(await screen.findByText('Breast masses')).toBeInTheDocument();
    for (const text of ['default/masses@2', '569', 'confidential', 'Stale']) {
      expect(screen.getByText(text)).toBeInTheDocument();
    }
  });

  it('finds by name and says when nothing matches', async () => {
    show(<DatasetsPage />);
    await userEvent.type(
      await screen.findByRole('searchbox', { name: 'Search datasets' }),
      'credit',
    );
    expect(
      await screen.findByText('No dataset matches the search.'),
    ).toBeInTheDocument();
  });

  it('shows that it is loading', async () => {
    show(<DatasetsPage />, {
      api: aDataApi(0, { listDatasets: never }),
    });
    expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument();
  });

  it('says what to do when there are none', async () => {
    show(<DatasetsPage />, {
      api: aDataApi(0, { listDatasets: async () => ({ items: [] }) }),
    });
    expect(await screen.findByText('No datasets yet')).toBeInTheDocument();
  });

  it('gives the reason when it cannot be loaded', async () => {
    show(<DatasetsPage />, { api: aDataApi(0, { listDatasets: fails }) });
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });
});
