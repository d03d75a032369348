import { screen } from '@testing-library/react';
import { FeatureCard } from './FeatureCard';
import { aDataApi, feature } from '../testUtils';
import { show } from '../__testUtils__/show';

// jsdom draws nothing; what a plot says of itself is what is tested here.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: ({ label }: { label: string }) => <div role="img" aria-label={label} />,
}));

describe('cards', () => {
  it('shows a feature view with the values of its source and its consumers', async () => {
    show(<FeatureCard />, { entity: feature });
    expect(await screen.findByText('radius [µm]')).toBeInTheDocument();
    expect(await screen.findByText('6.981 – 28.11')).toBeInTheDocument();
    expect(screen.getByText('not in the source')).toBeInTheDocument();
    expect(screen.getByText('tumour-malignancy')).toBeInTheDocument();
  });

  it('says of no column that its source lacks it before a version was registered', async () => {
    show(<FeatureCard />, { entity: feature, api: aDataApi(0) });
    expect(
      await screen.findByText('No version registered yet'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Open the Versions tab' }),
    ).toHaveAttribute(
      'href',
      expect.stringMatching(/\/dataset\/.+\/versions$/),
    );
    expect(screen.queryByText('not in the source')).not.toBeInTheDocument();
  });
});
