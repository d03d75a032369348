import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ProfileContent } from './ProfileContent';
import { aDataApi, dataset } from '../testUtils';
import { show } from '../__testUtils__/show';

// jsdom draws nothing; what a plot says of itself is what is tested here.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: ({ label }: { label: string }) => <div role="img" aria-label={label} />,
}));

describe('ProfileContent', () => {
  it('shows every column with description, unit, figures and a plot that says what it shows', async () => {
    show(<ProfileContent />, { entity: dataset });
    expect(
      await screen.findByText('Mean distance from centre to perimeter'),
    ).toBeInTheDocument();
    expect(screen.getByText('DOUBLE · µm')).toBeInTheDocument();
    expect(
      screen.getByRole('img', {
        name: /Histogram of radius: 569 values from 6.981 to 28.11/,
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('img', { name: /diagnosis: B \(350\), M \(210\)/ }),
    ).toBeInTheDocument();
    expect(screen.getByText('9 (1.6 %)')).toBeInTheDocument();
  });

  it('finds columns by unit or description', async () => {
    show(<ProfileContent />, { entity: dataset });
    await userEvent.type(await screen.findByRole('searchbox'), 'perimeter');
    expect(screen.getByText(/1 of 2 columns/)).toBeInTheDocument();
    expect(screen.queryByText('diagnosis')).not.toBeInTheDocument();
  });

  it('says that there is no version yet', async () => {
    show(<ProfileContent />, { entity: dataset, api: aDataApi(0) });
    expect(
      await screen.findByText('No version registered yet'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Open the Versions tab' }),
    ).toHaveAttribute('href', expect.stringMatching(/\/versions$/));
  });
});
