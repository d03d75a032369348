import { screen } from '@testing-library/react';
import { DatasetCard } from './DatasetCard';
import { aDataApi, dataset } from '../testUtils';
import { show, fails } from '../__testUtils__/show';

describe('cards', () => {
  it('sums up the latest version of a dataset', async () => {
    show(<DatasetCard />, { entity: dataset });
    expect(await screen.findByText('default/masses@2')).toBeInTheDocument();
    expect(screen.getByText('radius')).toBeInTheDocument();
    expect(screen.getByText('µm')).toBeInTheDocument();
  });

  it('gives the reason when ml-data cannot be asked', async () => {
    show(<DatasetCard />, {
      entity: dataset,
      api: aDataApi(0, { listDatasetVersions: fails }),
    });
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });
});
